// All actions, the newest first.
import { Button, Field, Select, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowClockwiseRegular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { actions, sites } from "../../api/queries";
import { ActionRows } from "../../parts/action-rows";
import { Empty } from "../../parts/empty";
import { Go } from "../../parts/go";
import { shown } from "../../parts/outside";
import { Page } from "../../parts/page";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
});

export function ActionsScreen(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const view = useSearch({ from: "/signed-in/actions" });
  const navigate = useNavigate();
  const read = useInfiniteQuery(actions(view));
  const siteList = useQuery(sites).data ?? [];
  const change = (change: typeof view) =>
    void navigate({ to: "/actions", search: (view) => ({ ...view, ...change }), replace: true });
  const filtered = view.site !== undefined || view.open !== undefined || view.batch !== undefined;
  return (
    <Page
      title={`${t("nav.devices.group")} | ${t("nav.actions")}`}
      name={t("nav.actions")}
      fill
      commands={
        <Button appearance="subtle" icon={<ArrowClockwiseRegular />} onClick={() => void read.refetch()}>
          {t("refresh")}
        </Button>
      }
    >
      <div className={styles.row}>
        <Field label={t("action.state")}>
          <Select
            value={view.open === undefined ? "" : String(view.open)}
            onChange={(_, data) => change({ open: data.value === "" ? undefined : data.value === "true" })}
          >
            <option value="">{t("filter.all")}</option>
            <option value="true">{t("actions.open")}</option>
            <option value="false">{t("actions.ended")}</option>
          </Select>
        </Field>
        <Field label={t("device.site")}>
          <Select value={view.site ?? ""} onChange={(_, data) => change({ site: data.value || undefined })}>
            <option value="">{t("filter.all")}</option>
            {siteList.map((site) => (
              <option key={site.id} value={site.id}>
                {shown(site.name)}
              </option>
            ))}
          </Select>
        </Field>
        {filtered && (
          <Button onClick={() => change({ site: undefined, open: undefined, batch: undefined })}>{t("filter.clear")}</Button>
        )}
      </div>
      <Read query={read}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          if (rows.length === 0) {
            return (
              <Empty
                title={t(filtered ? "actions.noMatch" : "actions.none")}
                text={t(filtered ? "actions.noMatchText" : "actions.noneText")}
              >
                <Go to="/devices">{t("nav.devices")}</Go>
              </Empty>
            );
          }
          return (
            <ActionRows
              fill
              label={t("nav.actions")}
              actions={rows}
              more={read.hasNextPage ? () => void read.fetchNextPage() : undefined}
              moreComing={read.isFetchingNextPage}
            />
          );
        }}
      </Read>
    </Page>
  );
}

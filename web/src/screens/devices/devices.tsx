// All devices: found, chosen, acted on. The address holds what is shown.
import { Button, MessageBar, MessageBarBody, ProgressBar, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useRef, useState, type ReactNode } from "react";

import { AskDialog } from "../../ask/dialog";
import { deviceCount, devices, sites } from "../../api/queries";
import type { Device } from "../../api/words";
import { download } from "../../parts/download";
import { useFormats } from "../../format/time";
import { Empty } from "../../parts/empty";
import { List } from "../../parts/list";
import { Page } from "../../parts/page";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";
import { MOST_CHOSEN, readAll, type Chosen } from "./chosen";
import { drawnColumns } from "./columns";
import { Commands } from "./commands";
import { Filters } from "./filters";
import { readSaved, writeSaved } from "./saved";
import { SaveView } from "./save-view";
import { columnsOf, nextSort, queryOf, writeColumns, type DevicesView } from "./view";

const useStyles = makeStyles({
  line: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalM, minHeight: "24px" },
  progress: { width: "200px" },
});

interface Reading {
  count: number;
  end: AbortController;
}

export function DevicesScreen(): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const formats = useFormats();
  const styles = useStyles();
  const view = useSearch({ from: "/signed-in/devices" });
  const navigate = useNavigate();
  const query = queryOf(view);
  const read = useInfiniteQuery(devices(query));
  const counted = useQuery(deviceCount({ ...query, sort: undefined })).data;
  const siteList = useQuery(sites).data;
  const byId = useMemo(() => new Map((siteList ?? []).map((site) => [site.id, site])), [siteList]);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Chosen>>(new Map());
  const [asking, setAsking] = useState<string>();
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState(readSaved);
  const [reading, setReading] = useState<Reading>();
  const [failed, setFailed] = useState<unknown>();
  const latest = useRef(query);
  latest.current = query;

  const change = (change: Partial<DevicesView>) => {
    setChosen(new Map());
    void navigate({ to: "/devices", search: (view) => ({ ...view, ...change }), replace: true });
  };
  const whole = async (row: (device: Device) => void, most: number): Promise<boolean> => {
    const end = new AbortController();
    setFailed(undefined);
    setReading({ count: 0, end });
    try {
      await readAll(latest.current, end.signal, (count) => setReading({ count, end }), row, most);
      return true;
    } catch (error) {
      if (!end.signal.aborted) setFailed(error);
      return false;
    } finally {
      setReading(undefined);
    }
  };
  const chooseAll = async () => {
    const all = new Map<string, Chosen>();
    if (await whole(({ id, name, site, online }) => all.set(id, { id, name, site, online }), MOST_CHOSEN)) setChosen(all);
  };
  const exportAll = () => {
    const asked = new URLSearchParams(Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined));
    download(`/api/v1/devices.csv?${asked.toString()}`);
  };

  const rows = useMemo(() => read.data?.pages.flatMap((page) => page.items) ?? [], [read.data]);
  const shownChosen = rows.filter((row) => chosen.has(row.id)).length;
  const toggle = (list: readonly Device[], on: boolean) => {
    const next = new Map(chosen);
    for (const { id, name, site, online } of list) {
      if (on) next.set(id, { id, name, site, online });
      else next.delete(id);
    }
    setChosen(next);
  };
  const columns = drawnColumns(columnsOf(view), { texts, formats, sites: byId }, {
    sort: view.sort,
    sortBy: (by) => change({ sort: nextSort(view.sort, by) }),
    chosen: (device) => chosen.has(device.id),
    all: rows.length > 0 && shownChosen === rows.length ? true : shownChosen > 0 ? "mixed" : false,
    toggle: (device, on) => toggle([device], on),
    toggleAll: (on) => toggle(rows, on),
  });
  const commands = (
    <Commands
      chosen={chosen.size}
      ask={setAsking}
      refresh={() => void read.refetch()}
      exportAll={exportAll}
      columns={columnsOf(view)}
      chooseColumns={(columns) => void navigate({ to: "/devices", search: (view) => ({ ...view, columns: writeColumns(columns) }), replace: true })}
      saved={saved}
      save={() => setSaving(true)}
      open={({ view }) => void navigate({ to: "/devices", search: view })}
      forget={(gone) => setSaved(writeSaved(saved.filter((kept) => kept.name !== gone.name)))}
    />
  );

  return (
    <Page title={`${t("nav.devices.group")} | ${t("nav.devices")}`} name={t("nav.devices")} commands={commands} fill>
      <Filters view={view} sites={siteList ?? []} change={change} />
      {failed !== undefined && <ProblemView error={failed} />}
      <div className={styles.line} role="status">
        {reading ? (
          <>
            <Text>{t("devices.reading", { count: reading.count })}</Text>
            <ProgressBar className={styles.progress} aria-label={t("loading")} />
            <Button size="small" onClick={() => reading.end.abort()}>
              {t("cancel")}
            </Button>
          </>
        ) : (
          <>
            <Text>
              {!read.hasNextPage
                ? t("devices.count", { count: rows.length })
                : counted
                  ? t(counted.more ? "devices.shownOfOver" : "devices.shownOf", { count: rows.length, all: counted.count })
                  : t("devices.shownOfMore", { count: rows.length })}
            </Text>
            {chosen.size > 0 && (
              <>
                <Text weight="semibold">{t("devices.chosen", { count: chosen.size })}</Text>
                {shownChosen === rows.length && read.hasNextPage && chosen.size === rows.length && (
                  <Button size="small" onClick={() => void chooseAll()}>
                    {t("devices.chooseAll")}
                  </Button>
                )}
                <Button size="small" appearance="subtle" onClick={() => setChosen(new Map())}>
                  {t("devices.chooseNone")}
                </Button>
              </>
            )}
          </>
        )}
      </div>
      {chosen.size >= MOST_CHOSEN && (
        <MessageBar>
          <MessageBarBody>{t("devices.most", { count: MOST_CHOSEN })}</MessageBarBody>
        </MessageBar>
      )}
      <Read query={read}>
        {() =>
          rows.length === 0 ? (
            Object.keys(query).length > 0 ? (
              <Empty title={t("devices.noMatch")} text={t("devices.noMatchText")} />
            ) : (
              <Empty title={t("devices.none")} text={t("devices.noneText")} />
            )
          ) : (
            <List
              label={t("nav.devices")}
              columns={columns}
              rows={rows}
              id={(device) => device.id}
              chosen={(device) => chosen.has(device.id)}
              more={read.hasNextPage ? () => void read.fetchNextPage() : undefined}
              moreComing={read.isFetchingNextPage}
            />
          )
        }
      </Read>
      {asking !== undefined && (
        <AskDialog
          kind={asking}
          target={{ type: "devices", devices: [...chosen.values()] }}
          close={() => setAsking(undefined)}
        />
      )}
      {saving && (
        <SaveView
          close={() => setSaving(false)}
          save={(name) => setSaved(writeSaved([...saved, { name, view }]))}
        />
      )}
    </Page>
  );
}

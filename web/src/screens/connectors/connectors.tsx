// Connectors and tokens: the sites of the tenant, whether their connectors are there, and how another one is attached.
import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { me, sites } from "../../api/queries";
import { PERMISSION, type Site } from "../../api/words";
import { useFormats } from "../../format/time";
import { Card } from "../../parts/card";
import { Confirm } from "../../parts/confirm";
import { Empty } from "../../parts/empty";
import { Facts } from "../../parts/facts";
import { Go } from "../../parts/go";
import { Moment } from "../../parts/moment";
import { shown } from "../../parts/outside";
import { Page } from "../../parts/page";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";
import { Attach } from "./attach";
import { Health } from "./health";

const useStyles = makeStyles({
  buttons: { display: "flex", columnGap: tokens.spacingHorizontalM, alignItems: "center" },
  advice: { color: tokens.colorStatusWarningForeground3 },
});

export function ConnectorsScreen(): ReactNode {
  const { t } = useTexts();
  const read = useQuery(sites);
  const may = useQuery(me).data?.permissions.includes(PERMISSION.attach) ?? false;
  const [attaching, setAttaching] = useState(false);
  return (
    <Page
      title={`${t("nav.tenant.group")} | ${t("nav.connectors")}`}
      name={t("nav.connectors")}
      commands={
        <Button
          appearance="subtle"
          icon={<AddRegular />}
          disabledFocusable={!may}
          title={may ? undefined : t("problem.permission", { permission: PERMISSION.attach })}
          onClick={() => setAttaching(true)}
        >
          {t("connectors.attach")}
        </Button>
      }
    >
      <Read query={read}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={t("home.noSite")} text={t("home.noSiteText")} />
          ) : (
            all.map((site) => <SiteCard key={site.id} site={site} />)
          )
        }
      </Read>
      {attaching && <Attach close={() => setAttaching(false)} />}
    </Page>
  );
}

function SiteCard({ site }: { site: Site }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const queries = useQueryClient();
  const may = useQuery(me).data?.permissions.includes(PERMISSION.offboard) ?? false;
  const [asking, setAsking] = useState(false);
  const offboard = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/sites/{site}/offboard", { params: { path: { site: site.id } } })),
    onSuccess: () => void queries.invalidateQueries(),
  });
  const sync = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/sites/{site}/sync", { params: { path: { site: site.id } } })),
  });
  const attached = site.state === "attached";
  return (
    <Card title={shown(site.name)}>
      <Facts
        facts={[
          [t("connectors.state"), t(attached ? "connectors.attached" : "connectors.offboarded")],
          [t("connectors.link"), t(site.link.up ? "link.up" : "link.away")],
          [t("connectors.releases"), t(site.halted ? "connectors.halted" : "connectors.released")],
          [t("connectors.since"), site.link.since ? <Moment at={site.link.since} exact /> : t("connectors.never")],
          [t("nav.devices.group"), formats.number(site.devices)],
          [t("online.yes"), site.link.up ? formats.number(site.online) : t("online.unknown")],
          [t("connectors.attachedAt"), <Moment key="at" at={site.attached} exact />],
          [t("connectors.key"), site.key_sha256],
          [t("connectors.id"), site.id],
        ]}
      />
      {attached && site.link.up && <Health site={site.id} />}
      {attached && !site.link.up && <Text className={styles.advice}>{t("connectors.adviceAway")}</Text>}
      {attached && (
        <div className={styles.buttons}>
          <Go to="/devices" search={{ site: site.id }}>
            {t("connectors.devices")}
          </Go>
          <Button size="small" disabled={sync.isPending || !site.link.up} onClick={() => sync.mutate()}>
            {t("connectors.sync")}
          </Button>
          <Button
            size="small"
            disabledFocusable={!may}
            title={may ? undefined : t("problem.permission", { permission: PERMISSION.offboard })}
            onClick={() => setAsking(true)}
          >
            {t("connectors.offboard")}
          </Button>
        </div>
      )}
      {sync.error && <ProblemView error={sync.error} />}
      {sync.data && <Text role="status">{t("connectors.syncBegun")}</Text>}
      {asking && (
        <Confirm
          title={t("connectors.offboardTitle", { site: shown(site.name) })}
          confirm={t("connectors.offboard")}
          busy={offboard.isPending}
          go={() => offboard.mutateAsync()}
          close={() => setAsking(false)}
        >
          {offboard.error && <ProblemView error={offboard.error} />}
          <Text>{t("connectors.offboardText", { count: site.devices })}</Text>
        </Confirm>
      )}
    </Card>
  );
}

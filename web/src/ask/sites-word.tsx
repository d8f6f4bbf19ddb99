// What the sites themselves say before the click: whom they would refuse and why, how long it takes, and when it ends.
import { Spinner, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { answered, api, type Schemas } from "../api/client";
import type { Site, Why } from "../api/words";
import { useFormats } from "../format/time";
import { shown } from "../parts/outside";
import { ProblemView } from "../parts/problem";
import { ReasonView } from "../parts/reason-view";
import { useTexts } from "../text/text";
import { DEVICES_AT_ONCE, bodiesOf, type Offline, type Target } from "./ask";

/** The most reasons that are shown; a forecast is read at a glance. */
const REASONS = 3;

const useStyles = makeStyles({
  all: { display: "grid", rowGap: tokens.spacingVerticalS },
  site: { display: "grid", rowGap: tokens.spacingVerticalXS },
});

interface SitesWordProps {
  kind: string;
  target: Target;
  offline: Offline;
  sites: ReadonlyMap<string, Site>;
}

export function SitesWord({ kind, target, offline, sites }: SitesWordProps): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const [body] = bodiesOf(target);
  const read = useQuery({
    queryKey: ["check", kind, body, offline],
    queryFn: ({ signal }) =>
      answered(api.POST("/api/v1/actions/check", { body: { kind, target: body as Schemas["NewTarget"], offline }, signal })),
    enabled: body !== undefined,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const part = target.type === "devices" && target.devices.length > DEVICES_AT_ONCE;
  return (
    <div className={styles.all} data-check={read.data ? (read.data.allowed ? "allowed" : "refused") : undefined}>
      {read.isPending && <Spinner size="tiny" labelPosition="after" label={t("check.asking")} />}
      {read.error && <ProblemView error={read.error} />}
      {part && read.data && <Text>{t("check.part", { count: DEVICES_AT_ONCE })}</Text>}
      {read.data?.sites.map((said) => (
        <Said key={said.site} said={said} site={sites.get(said.site)} />
      ))}
    </div>
  );
}

function Said({ said, site }: { said: Schemas["CheckedSite"]; site: Site | undefined }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const name = shown(site?.name ?? said.site);
  if (said.unanswered) return <Text>{t("check.unanswered", { site: name })}</Text>;
  const seconds = said.throttle?.seconds;
  return (
    <div className={styles.site}>
      {said.why ? (
        <>
          <Text>{t("check.refusedAll", { site: name })}</Text>
          <ReasonView why={said.why} stopped />
        </>
      ) : (
        <Text>
          {t("check.allowed", { site: name, count: said.devices - said.refused_count })}
          {said.rule && ` (${said.rule})`}
        </Text>
      )}
      {!said.why && said.refused_count > 0 && <Text>{t("check.refused", { count: said.refused_count })}</Text>}
      {!said.why &&
        reasons(said.refused.map(({ why }) => why)).map((why) => <ReasonView key={why.text} why={why} stopped />)}
      {said.waits && <ReasonView why={said.waits} stopped={false} />}
      {seconds != null && <Text>{t("check.throttle", { span: formats.span(seconds * 1_000), count: said.throttle?.ahead ?? 0 })}</Text>}
      {said.ends_by && <Text>{t("check.endsBy", { at: formats.moment(said.ends_by) })}</Text>}
    </div>
  );
}

function reasons(all: readonly Why[]): Why[] {
  return [...new Map(all.map((why) => [why.text, why])).values()].slice(0, REASONS);
}

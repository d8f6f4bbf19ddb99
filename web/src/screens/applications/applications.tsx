// Applications: what a site gives its devices. The site holds them; the console has no list of them.
import type { ReactNode } from "react";

import { Empty } from "../../parts/empty";
import { Page } from "../../parts/page";
import { useTexts } from "../../text/text";

export function ApplicationsScreen(): ReactNode {
  const { t } = useTexts();
  return (
    <Page title={`${t("nav.configuration.group")} | ${t("nav.applications")}`} name={t("nav.applications")}>
      <Empty title={t("applications.none")} text={t("applications.noneText")} />
    </Page>
  );
}

// The policies of a site, as the console's mirror has them.
import { Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { policies } from "../../api/queries";
import type { Site } from "../../api/words";
import { useFormats } from "../../format/time";
import { BySite } from "../../parts/by-site";
import { Empty } from "../../parts/empty";
import { List } from "../../parts/list";
import { Outside } from "../../parts/outside";
import { Page } from "../../parts/page";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

export function PoliciesScreen(): ReactNode {
  const { t } = useTexts();
  return (
    <Page title={`${t("nav.configuration.group")} | ${t("nav.policies")}`} name={t("nav.policies")}>
      <Text>{t("policies.where")}</Text>
      <BySite>{(site) => <Policies site={site} />}</BySite>
    </Page>
  );
}

function Policies({ site }: { site: Site }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const read = useQuery(policies(site.id));
  return (
    <Read query={read}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title={t("policies.none")} text={t("policies.noneText")} />
        ) : (
          <List
            short
            label={t("nav.policies")}
            rows={rows}
            id={(policy) => policy.id}
            columns={[
              { key: "name", title: t("policies.name"), width: "minmax(200px, 1fr)", cell: (row) => <Outside text={row.name} /> },
              { key: "id", title: t("policies.id"), width: "minmax(140px, 0.6fr)", cell: (row) => <Outside text={row.id} /> },
              { key: "version", title: t("policies.version"), width: "90px", cell: (row) => formats.number(row.version) },
              {
                key: "collections",
                title: t("policies.assigned"),
                width: "minmax(160px, 1fr)",
                cell: (row) => <Outside text={row.collections.join(", ")} />,
              },
            ]}
          />
        )
      }
    </Read>
  );
}

// Who did what, and what came of it; each entry is chained to those before it.
import { Text } from "@fluentui/react-components";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { audit, me } from "../../api/queries";
import { PERMISSION } from "../../api/words";
import { Empty } from "../../parts/empty";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside } from "../../parts/outside";
import { Page } from "../../parts/page";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

export function AuditScreen(): ReactNode {
  const { t } = useTexts();
  const may = useQuery(me).data?.permissions.includes(PERMISSION.audit) ?? false;
  return (
    <Page title={`${t("nav.tenant.group")} | ${t("nav.audit")}`} name={t("nav.audit")} fill>
      {may ? <Entries /> : <Empty title={t("audit.hidden")} text={t("problem.permission", { permission: PERMISSION.audit })} />}
    </Page>
  );
}

function Entries(): ReactNode {
  const { t } = useTexts();
  const read = useInfiniteQuery(audit);
  return (
    <Read query={read}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items);
        if (rows.length === 0) return <Empty title={t("audit.none")} text={t("audit.noneText")} />;
        return (
          <>
            <Text>{t("audit.text")}</Text>
            <List
              label={t("nav.audit")}
              rows={rows}
              id={(entry) => String(entry.number)}
              more={read.hasNextPage ? () => void read.fetchNextPage() : undefined}
              moreComing={read.isFetchingNextPage}
              columns={[
                { key: "number", title: t("audit.number"), width: "80px", cell: (entry) => String(entry.number) },
                { key: "at", title: t("audit.at"), width: "200px", cell: (entry) => <Moment at={entry.at} exact /> },
                { key: "who", title: t("audit.who"), width: "minmax(110px, 0.6fr)", cell: (entry) => <Outside text={entry.who} /> },
                { key: "from", title: t("audit.from"), width: "130px", cell: (entry) => <Outside text={entry.from} /> },
                { key: "what", title: t("audit.what"), width: "170px", cell: (entry) => <Outside text={entry.what} /> },
                { key: "subject", title: t("audit.subject"), width: "minmax(160px, 1fr)", cell: (entry) => <Outside text={entry.subject} /> },
                { key: "result", title: t("audit.result"), width: "minmax(120px, 1fr)", cell: (entry) => <Outside text={entry.result} /> },
                { key: "hash", title: t("audit.hash"), width: "150px", cell: (entry) => <code>{entry.hash.slice(0, 12)}</code> },
              ]}
            />
          </>
        );
      }}
    </Read>
  );
}

// Where the person is signed in; each session can be ended.
import { Button, Text } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { answered, api } from "../../api/client";
import { sessions } from "../../api/queries";
import { Card } from "../../parts/card";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

export function Sessions(): ReactNode {
  const { t } = useTexts();
  const queries = useQueryClient();
  const read = useQuery(sessions);
  const end = useMutation({
    mutationFn: (session: string) =>
      answered(api.DELETE("/api/v1/sessions/{session}", { params: { path: { session } } })),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
  return (
    <Card title={t("sessions.title")}>
      {end.error && <ProblemView error={end.error} />}
      <Read query={read}>
        {(rows) => (
          <List
            short
            label={t("sessions.title")}
            rows={rows}
            id={(session) => session.id}
            columns={[
              { key: "from", title: t("sessions.from"), width: "minmax(140px, 1fr)", cell: (session) => <Outside text={session.from} /> },
              { key: "method", title: t("sessions.method"), width: "110px", cell: (session) => <Outside text={session.method} /> },
              { key: "created", title: t("roles.created"), width: "150px", cell: (session) => <Moment at={session.created} /> },
              { key: "expires", title: t("tokens.expires"), width: "150px", cell: (session) => <Moment at={session.expires} /> },
              {
                key: "end",
                title: t("sessions.end"),
                width: "150px",
                cell: (session) =>
                  session.current ? (
                    <Text>{t("sessions.current")}</Text>
                  ) : (
                    <Button
                      size="small"
                      aria-label={t("sessions.endOf", { from: shown(session.from) })}
                      onClick={() => end.mutate(session.id)}
                    >
                      {t("sessions.end")}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Read>
    </Card>
  );
}

// Events that a webhook did not take, after every attempt: which, and why.
import { Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { Schemas } from "../../api/client";
import { deadLetters } from "../../api/queries";
import { useFormats } from "../../format/time";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";
import { lettersOf } from "./letters";

export function DeadLetters({ webhook }: { webhook: Schemas["Webhook"] }): ReactNode {
  const { t, word } = useTexts();
  const formats = useFormats();
  const read = useQuery(deadLetters(webhook.id));
  return (
    <Read query={read}>
      {(letters) => {
        const rows = lettersOf(letters);
        if (rows.length === 0) return <Text>{t("webhooks.noLetters")}</Text>;
        return (
          <>
            {webhook.dead > rows.length && <Text>{t("webhooks.lettersFirst", { count: rows.length })}</Text>}
            <List
              short
              label={t("webhooks.lettersOf", { url: shown(webhook.url) })}
              rows={rows}
              id={(letter) => String(letter.number)}
              columns={[
                {
                  key: "type",
                  title: t("webhooks.event"),
                  width: "minmax(170px, 0.8fr)",
                  cell: (letter) => <Outside text={word("event", letter.type) ?? letter.type} />,
                },
                { key: "subject", title: t("webhooks.subject"), width: "minmax(150px, 1fr)", cell: (letter) => <Outside text={letter.subject} /> },
                {
                  key: "time",
                  title: t("webhooks.happened"),
                  width: "200px",
                  cell: (letter) => (letter.time === "" ? "" : <Moment at={letter.time} exact />),
                },
                { key: "error", title: t("webhooks.error"), width: "minmax(150px, 1fr)", cell: (letter) => <Outside text={letter.error} /> },
                { key: "attempts", title: t("webhooks.attempts"), width: "90px", cell: (letter) => formats.number(letter.attempts) },
                { key: "at", title: t("webhooks.lastAttempt"), width: "200px", cell: (letter) => <Moment at={letter.at} exact /> },
              ]}
            />
          </>
        );
      }}
    </Read>
  );
}

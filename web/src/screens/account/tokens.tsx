// The person's API tokens, for scripts. A secret is shown once.
import { Button, Field, Input, Text, makeStyles, tokens as sizes } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { tokens } from "../../api/queries";
import { Card } from "../../parts/card";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { Secret } from "../../parts/secret";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({ form: { display: "flex", alignItems: "end", columnGap: sizes.spacingHorizontalM } });

export function Tokens(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const queries = useQueryClient();
  const read = useQuery(tokens);
  const [name, setName] = useState("");
  const again = () => void queries.invalidateQueries({ queryKey: ["tokens"] });
  const make = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/tokens", { body: { name } })),
    onSuccess: () => {
      setName("");
      again();
    },
  });
  const revoke = useMutation({
    mutationFn: (token: string) => answered(api.DELETE("/api/v1/tokens/{token}", { params: { path: { token } } })),
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Card title={t("tokens.title")}>
      {make.error && <ProblemView error={make.error} />}
      {revoke.error && <ProblemView error={revoke.error} />}
      <form className={styles.form} onSubmit={submit}>
        <Field label={t("tokens.name")}>
          <Input value={name} onChange={(_, data) => setName(data.value)} />
        </Field>
        <Button type="submit" disabled={make.isPending || name === ""}>
          {t("tokens.make")}
        </Button>
      </form>
      {make.data && (
        <>
          <Text>{t("tokens.made")}</Text>
          <Secret text={make.data.secret} />
        </>
      )}
      <Read query={read}>
        {(rows) =>
          rows.length === 0 ? (
            <Text>{t("tokens.none")}</Text>
          ) : (
            <List
              short
              label={t("tokens.title")}
              rows={rows}
              id={(token) => token.id}
              columns={[
                { key: "name", title: t("tokens.name"), width: "minmax(160px, 1fr)", cell: (token) => <Outside text={token.name} /> },
                { key: "created", title: t("roles.created"), width: "150px", cell: (token) => <Moment at={token.created} /> },
                { key: "expires", title: t("tokens.expires"), width: "150px", cell: (token) => <Moment at={token.expires} /> },
                {
                  key: "used",
                  title: t("tokens.used"),
                  width: "150px",
                  cell: (token) => (token.last_used ? <Moment at={token.last_used} /> : t("tokens.never")),
                },
                {
                  key: "revoke",
                  title: t("tokens.revoke"),
                  width: "150px",
                  cell: (token) => (
                    <Button
                      size="small"
                      aria-label={t("tokens.revokeOf", { name: shown(token.name) })}
                      onClick={() => revoke.mutate(token.id)}
                    >
                      {t("tokens.revoke")}
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Read>
    </Card>
  );
}

// Which roles are given to whom, and for which sites and device groups they hold.
import { Button, Field, Select, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { assignments, consoleRoles, deviceGroups, sites, users } from "../../api/queries";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { List } from "../../parts/list";
import { Outside, shown } from "../../parts/outside";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({
  form: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
});

export function Assignments(): ReactNode {
  const { t } = useTexts();
  const queries = useQueryClient();
  const read = useQuery(assignments);
  const siteList = useQuery(sites).data ?? [];
  const groups = useQuery(deviceGroups).data ?? [];
  const names = new Map([...siteList, ...groups].map(({ id, name }) => [id, name]));
  const named = (ids: readonly string[]) =>
    ids.length === 0 ? t("filter.all") : <Outside text={ids.map((id) => names.get(id) ?? id).join(", ")} />;
  const take = useMutation({
    mutationFn: (assignment: string) =>
      answered(api.DELETE("/api/v1/assignments/{assignment}", { params: { path: { assignment } } })),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["assignments"] }),
  });
  return (
    <Card title={t("assignments.title")}>
      {take.error && <ProblemView error={take.error} />}
      <Give />
      <Read query={read}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("assignments.none")} text={t("assignments.noneText")} />
          ) : (
            <List
              short
              label={t("assignments.title")}
              rows={rows}
              id={(row) => row.id}
              columns={[
                { key: "holder", title: t("assignments.holder"), width: "minmax(140px, 1fr)", cell: (row) => <Outside text={row.holder_name} /> },
                { key: "role", title: t("roles.role"), width: "minmax(150px, 1fr)", cell: (row) => <Outside text={row.role_name} /> },
                { key: "sites", title: t("assignments.sites"), width: "minmax(110px, 0.8fr)", cell: (row) => named(row.sites) },
                { key: "groups", title: t("assignments.groups"), width: "minmax(110px, 0.8fr)", cell: (row) => named(row.device_groups) },
                { key: "by", title: t("assignments.by"), width: "minmax(90px, 0.6fr)", cell: (row) => <Outside text={row.given_by} /> },
                {
                  key: "take",
                  title: t("assignments.take"),
                  width: "120px",
                  cell: (row) => (
                    <Button
                      size="small"
                      aria-label={t("assignments.takeOf", { role: shown(row.role_name), name: shown(row.holder_name) })}
                      onClick={() => take.mutate(row.id)}
                    >
                      {t("assignments.take")}
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

function Give(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const queries = useQueryClient();
  const people = useQuery(users).data ?? [];
  const roles = useQuery(consoleRoles).data ?? [];
  const siteList = useQuery(sites).data ?? [];
  const groups = useQuery(deviceGroups).data ?? [];
  const [user, setUser] = useState("");
  const [role, setRole] = useState("");
  const [site, setSite] = useState("");
  const [group, setGroup] = useState("");
  const give = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/assignments", {
          body: {
            role,
            holder: { type: "user", user },
            sites: site === "" ? [] : [site],
            device_groups: group === "" ? [] : [group],
          },
        }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["assignments"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    give.mutate();
  };
  return (
    <>
      {give.error && <ProblemView error={give.error} />}
      <form className={styles.form} onSubmit={submit}>
        <Choice label={t("assignments.holder")} value={user} choose={setUser} choices={people} none="" />
        <Choice label={t("roles.role")} value={role} choose={setRole} choices={roles} none="" />
        <Choice label={t("assignments.sites")} value={site} choose={setSite} choices={siteList} none={t("filter.all")} />
        <Choice label={t("assignments.groups")} value={group} choose={setGroup} choices={groups} none={t("filter.all")} />
        <Button type="submit" disabled={give.isPending || user === "" || role === ""}>
          {t("assignments.give")}
        </Button>
      </form>
    </>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choose: (value: string) => void;
  choices: readonly { id: string; name: string }[];
  none: string;
}

function Choice({ label, value, choose, choices, none }: ChoiceProps): ReactNode {
  return (
    <Field label={label}>
      <Select value={value} onChange={(_, data) => choose(data.value)}>
        <option value="">{none}</option>
        {choices.map(({ id, name }) => (
          <option key={id} value={id}>
            {shown(name)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

// Who may do what at the console, and where the site's own roles are.
import { Button, Select, Text, makeStyles, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { answered, api, type Schemas } from "../../api/client";
import { me, users } from "../../api/queries";
import { PERMISSION } from "../../api/words";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { Page } from "../../parts/page";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";
import { Assignments } from "./assignments";
import { AddPerson, ROLES, type Role } from "./add-person";

const useStyles = makeStyles({ mine: { margin: 0, paddingLeft: tokens.spacingHorizontalXL } });

export function RolesScreen(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const caller = useQuery(me).data;
  const may = caller?.permissions.includes(PERMISSION.users) ?? false;
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title={`${t("nav.tenant.group")} | ${t("nav.roles")}`}
      name={t("nav.roles")}
      commands={
        <Button
          appearance="subtle"
          icon={<AddRegular />}
          disabledFocusable={!may}
          title={may ? undefined : t("problem.permission", { permission: PERMISSION.users })}
          onClick={() => setAdding(true)}
        >
          {t("roles.add")}
        </Button>
      }
    >
      <Card title={t("roles.mine", { role: caller?.role ?? "" })}>
        <ul className={styles.mine}>
          {caller?.permissions.map((permission) => (
            <li key={permission}>{permission}</li>
          ))}
        </ul>
        <Text>{t("roles.site")}</Text>
      </Card>
      {may ? <People /> : <Empty title={t("roles.hidden")} text={t("problem.permission", { permission: PERMISSION.users })} />}
      {caller?.permissions.includes(PERMISSION.roles) && <Assignments />}
      {adding && <AddPerson close={() => setAdding(false)} />}
    </Page>
  );
}

function People(): ReactNode {
  const { t } = useTexts();
  const queries = useQueryClient();
  const read = useQuery(users);
  const change = useMutation({
    mutationFn: ({ user, body }: { user: string; body: Schemas["UserChange"] }) =>
      answered(api.PATCH("/api/v1/users/{user}", { params: { path: { user } }, body })),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <Card title={t("roles.people")}>
      {change.error && <ProblemView error={change.error} />}
      <Read query={read}>
        {(rows) => (
          <List
            short
            label={t("roles.people")}
            rows={rows}
            id={(user) => user.id}
            columns={[
              { key: "name", title: t("roles.name"), width: "minmax(140px, 1fr)", cell: (user) => <Outside text={user.name} /> },
              { key: "shown", title: t("roles.displayName"), width: "minmax(140px, 1fr)", cell: (user) => <Outside text={user.display_name} /> },
              {
                key: "role",
                title: t("roles.role"),
                width: "220px",
                cell: (user) => (
                  <Select
                    size="small"
                    aria-label={t("roles.roleOf", { name: shown(user.name) })}
                    value={user.role}
                    onChange={(_, data) => change.mutate({ user: user.id, body: { role: data.value as Role } })}
                  >
                    {ROLES.map((role) => (
                      <option key={role} value={role}>
                        {t(`role.${role}`)}
                      </option>
                    ))}
                  </Select>
                ),
              },
              {
                key: "disabled",
                title: t("roles.state"),
                width: "200px",
                cell: (user) => (
                  <Button size="small" onClick={() => change.mutate({ user: user.id, body: { disabled: !user.disabled } })}>
                    {t(user.disabled ? "roles.letIn" : "roles.shutOut", { name: shown(user.name) })}
                  </Button>
                ),
              },
              { key: "created", title: t("roles.created"), width: "130px", cell: (user) => <Moment at={user.created} /> },
            ]}
          />
        )}
      </Read>
    </Card>
  );
}

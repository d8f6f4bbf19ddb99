// Makes an account. The password that the console made is shown once.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  Select,
  Text,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { answered, api, type Schemas } from "../../api/client";
import { ProblemView } from "../../parts/problem";
import { Secret } from "../../parts/secret";
import { useClosing } from "../../parts/closing";
import { useTexts } from "../../text/text";

export type Role = Schemas["Role"];
export const ROLES: readonly Role[] = ["Administrator", "Help Desk Operator", "Read Only Operator", "None"];

const useStyles = makeStyles({ content: { display: "grid", rowGap: tokens.spacingVerticalM } });

export function AddPerson({ close }: { close: () => void }): ReactNode {
  const { t } = useTexts();
  const { open, finish } = useClosing(close);
  const styles = useStyles();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("Help Desk Operator");
  const add = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/users", { body: { name, role } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["users"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Dialog open={open} modalType="alert" surfaceMotion={null} onOpenChange={(_, data) => !data.open && finish()}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{t("roles.add")}</DialogTitle>
            <DialogContent className={styles.content}>
              {add.error && <ProblemView error={add.error} />}
              {add.data ? (
                <>
                  <Text>{t("roles.added", { name: add.data.name })}</Text>
                  {add.data.password && <Secret text={add.data.password} />}
                </>
              ) : (
                <>
                  <Field label={t("roles.name")} required>
                    <Input name="name" value={name} onChange={(_, data) => setName(data.value)} />
                  </Field>
                  <Field label={t("roles.role")}>
                    <Select value={role} onChange={(_, data) => setRole(data.value as Role)}>
                      {ROLES.map((role) => (
                        <option key={role} value={role}>
                          {t(`role.${role}`)}
                        </option>
                      ))}
                    </Select>
                  </Field>
                </>
              )}
            </DialogContent>
            <DialogActions>
              {!add.data && (
                <Button type="submit" appearance="primary" disabled={add.isPending || name === ""}>
                  {t("roles.add")}
                </Button>
              )}
              <Button onClick={() => finish()}>{t(add.data ? "done" : "cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

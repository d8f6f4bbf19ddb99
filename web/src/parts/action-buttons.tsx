// The three actions, in the order of the original.
import { Button } from "@fluentui/react-components";
import { AppsListRegular } from "@fluentui/react-icons/svg/apps-list";
import { DesktopSyncRegular } from "@fluentui/react-icons/svg/desktop-sync";
import { PersonSyncRegular } from "@fluentui/react-icons/svg/person-sync";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { me } from "../api/queries";
import { PERMISSION, THREE_ACTIONS, mayAct } from "../api/words";
import { useTexts } from "../text/text";
import { useKindName } from "./kind";

const ICONS = {
  "sync-machine-policy": DesktopSyncRegular,
  "sync-user-policy": PersonSyncRegular,
  "app-evaluation": AppsListRegular,
} as const;

export function ActionButtons({ ask, disabled }: { ask: (kind: string) => void; disabled?: boolean }): ReactNode {
  const { t } = useTexts();
  const kind = useKindName();
  const { data } = useQuery(me);
  return THREE_ACTIONS.map((action) => {
    const Icon = ICONS[action];
    const may = mayAct(data?.permissions, action);
    // A button that says why it does not work can still be reached: the reason must be readable without a mouse.
    return (
      <Button
        key={action}
        appearance="subtle"
        icon={<Icon />}
        disabledFocusable={disabled || !may}
        title={may ? undefined : t("problem.permission", { permission: PERMISSION.act })}
        onClick={() => ask(action)}
      >
        {kind(action)}
      </Button>
    );
  });
}

// A few actions, one line each.
import { ProgressBar, makeStyles } from "@fluentui/react-components";
import type { ReactNode } from "react";

import type { Action } from "../api/words";
import { useFormats } from "../format/time";
import { useTexts } from "../text/text";
import { Go } from "./go";
import { useKindName } from "./kind";
import { List, type Column } from "./list";
import { Moment } from "./moment";
import { Outside } from "./outside";
import { StateLine } from "./state";
import { useReason } from "./reason";

const useStyles = makeStyles({ progress: { minWidth: "90px" } });

interface ActionRowsProps {
  label: string;
  actions: readonly Action[];
  more?: (() => void) | undefined;
  moreComing?: boolean;
  fill?: boolean;
}

export function ActionRows({ label, actions, more, moreComing, fill }: ActionRowsProps): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const kind = useKindName();
  const reason = useReason();
  const styles = useStyles();
  const columns: Column<Action>[] = [
    {
      key: "kind",
      title: t("action.kind"),
      width: "minmax(200px, 1.4fr)",
      cell: (action) => (
        <Go to="/actions/$taskGuid" params={{ taskGuid: action.task_guid }}>
          {kind(action.kind, action.title)}
        </Go>
      ),
    },
    {
      key: "state",
      title: t("action.state"),
      width: "190px",
      cell: (action) => <StateLine state={action.state} unknown={action.unknown != null} />,
    },
    {
      key: "why",
      title: t("action.reason"),
      width: "minmax(180px, 2fr)",
      cell: (action) => (action.why ? reason(action.why).title : ""),
    },
    {
      key: "ended",
      title: t("action.ended"),
      width: "110px",
      cell: (action) =>
        action.total === 1 || action.total === action.concluded ? (
          t("devices.count", { count: action.total })
        ) : (
          <div className={styles.progress}>
            {formats.number(action.concluded)} / {formats.number(action.total)}
            <ProgressBar value={action.concluded} max={action.total} aria-label={t("action.ended")} />
          </div>
        ),
    },
    { key: "site", title: t("device.site"), width: "minmax(100px, 0.7fr)", cell: (action) => <Outside text={action.site_name} /> },
    { key: "by", title: t("action.by"), width: "minmax(90px, 0.6fr)", cell: (action) => <Outside text={action.asked_by.name} /> },
    { key: "at", title: t("action.asked"), width: "150px", cell: (action) => <Moment at={action.asked_at} /> },
  ];
  return (
    <List
      label={label}
      columns={columns}
      rows={actions}
      id={(action) => action.task_guid}
      more={more}
      moreComing={moreComing}
      short={!fill}
    />
  );
}

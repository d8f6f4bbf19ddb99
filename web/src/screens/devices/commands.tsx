// What can be done with the list: act on what is chosen, choose columns, keep the view, take it along as a file.
import {
  Button,
  Divider,
  Menu,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MenuItem,
  makeStyles,
} from "@fluentui/react-components";
import { ArrowClockwiseRegular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download";
import { ColumnEditRegular } from "@fluentui/react-icons/svg/column-edit";
import { BookmarkRegular } from "@fluentui/react-icons/svg/bookmark";
import type { ReactNode } from "react";

import { ActionButtons } from "../../parts/action-buttons";
import { useTexts } from "../../text/text";
import { COLUMNS, type ColumnName } from "./view";
import type { SavedView } from "./saved";

const useStyles = makeStyles({ divider: { flexGrow: 0, height: "24px" } });

interface CommandsProps {
  chosen: number;
  ask: (kind: string) => void;
  refresh: () => void;
  exportAll: () => void;
  columns: readonly ColumnName[];
  chooseColumns: (columns: readonly ColumnName[]) => void;
  saved: readonly SavedView[];
  save: () => void;
  open: (view: SavedView) => void;
  forget: (view: SavedView) => void;
}

export function Commands(props: CommandsProps): ReactNode {
  const { chosen, ask, refresh, exportAll, columns, chooseColumns, saved, save, open, forget } = props;
  const { t } = useTexts();
  const styles = useStyles();
  return (
    <>
      <Button appearance="subtle" icon={<ArrowClockwiseRegular />} onClick={refresh}>
        {t("refresh")}
      </Button>
      <Button appearance="subtle" icon={<ArrowDownloadRegular />} onClick={exportAll}>
        {t("devices.export")}
      </Button>
      <Menu checkedValues={{ columns: [...columns] }} onCheckedValueChange={(_, data) => chooseColumns(data.checkedItems as ColumnName[])}>
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="subtle" icon={<ColumnEditRegular />}>
            {t("devices.columns")}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {COLUMNS.map((column) => (
              <MenuItemCheckbox key={column} name="columns" value={column}>
                {t(`device.${column}`)}
              </MenuItemCheckbox>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="subtle" icon={<BookmarkRegular />}>
            {t("views")}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem onClick={save}>{t("views.save")}</MenuItem>
            {saved.map((view) => (
              <MenuItem key={view.name} onClick={() => open(view)}>
                {view.name}
              </MenuItem>
            ))}
            {saved.map((view) => (
              <MenuItem key={`forget ${view.name}`} onClick={() => forget(view)}>
                {t("views.forget", { name: view.name })}
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Divider vertical className={styles.divider} />
      <ActionButtons ask={ask} disabled={chosen === 0} />
    </>
  );
}

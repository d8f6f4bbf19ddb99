// The collections of a site; an action can be run on all that one holds.
import { Button } from "@fluentui/react-components";
import { FlashRegular } from "@fluentui/react-icons/svg/flash";
import { Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import type { Schemas } from "../../api/client";
import { collections, me } from "../../api/queries";
import { PERMISSION, THREE_ACTIONS, mayAct, type Site } from "../../api/words";
import type { Target } from "../../ask/ask";
import { AskDialog } from "../../ask/dialog";
import { useFormats } from "../../format/time";
import { BySite } from "../../parts/by-site";
import { Empty } from "../../parts/empty";
import { useKindName } from "../../parts/kind";
import { List } from "../../parts/list";
import { Outside, shown } from "../../parts/outside";
import { Page } from "../../parts/page";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

export function CollectionsScreen(): ReactNode {
  const { t } = useTexts();
  return (
    <Page title={`${t("nav.devices.group")} | ${t("nav.collections")}`} name={t("nav.collections")}>
      <BySite>{(site) => <Collections site={site} />}</BySite>
    </Page>
  );
}

function Collections({ site }: { site: Site }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const kind = useKindName();
  const read = useQuery(collections(site.id));
  const permissions = useQuery(me).data?.permissions;
  const may = THREE_ACTIONS.some((action) => mayAct(permissions, action));
  const [asking, setAsking] = useState<{ kind: string; target: Target }>();
  const ask = (kind: string, collection: Schemas["Collection"]) =>
    setAsking({
      kind,
      target: { type: "collection", site: site.id, collection: collection.id, name: collection.name, count: collection.count },
    });
  return (
    <Read query={read}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title={t("collections.none")} text={t("collections.noneText")} />
        ) : (
          <>
            <List
              short
              label={t("nav.collections")}
              rows={rows}
              id={(collection) => collection.id}
              columns={[
                { key: "name", title: t("collections.name"), width: "minmax(200px, 1fr)", cell: (row) => <Outside text={row.name} /> },
                { key: "id", title: t("collections.id"), width: "140px", cell: (row) => <Outside text={row.id} /> },
                { key: "count", title: t("nav.devices.group"), width: "110px", cell: (row) => formats.number(row.count) },
                { key: "version", title: t("policies.version"), width: "90px", cell: (row) => formats.number(row.version) },
                {
                  key: "act",
                  title: t("collections.act"),
                  width: "180px",
                  cell: (row) => (
                    <Menu>
                      <MenuTrigger disableButtonEnhancement>
                        <Button
                          size="small"
                          icon={<FlashRegular />}
                          disabledFocusable={!may}
                          aria-label={t("collections.actOn", { name: shown(row.name) })}
                          title={may ? undefined : t("problem.permission", { permission: PERMISSION.act })}
                        >
                          {t("collections.act")}
                        </Button>
                      </MenuTrigger>
                      <MenuPopover>
                        <MenuList>
                          {THREE_ACTIONS.map((action) => (
                            <MenuItem key={action} disabled={!mayAct(permissions, action)} onClick={() => ask(action, row)}>
                              {kind(action)}
                            </MenuItem>
                          ))}
                        </MenuList>
                      </MenuPopover>
                    </Menu>
                  ),
                },
              ]}
            />
            {asking && <AskDialog kind={asking.kind} target={asking.target} close={() => setAsking(undefined)} />}
          </>
        )
      }
    </Read>
  );
}

// The way to every screen.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { AppsRegular } from "@fluentui/react-icons/svg/apps";
import { DesktopRegular } from "@fluentui/react-icons/svg/desktop";
import { DocumentTextRegular } from "@fluentui/react-icons/svg/document-text";
import { FlashRegular } from "@fluentui/react-icons/svg/flash";
import { FolderRegular } from "@fluentui/react-icons/svg/folder";
import { HistoryRegular } from "@fluentui/react-icons/svg/history";
import { HomeRegular } from "@fluentui/react-icons/svg/home";
import { MegaphoneRegular } from "@fluentui/react-icons/svg/megaphone";
import { PersonRegular } from "@fluentui/react-icons/svg/person";
import { PlugConnectedRegular } from "@fluentui/react-icons/svg/plug-connected";
import { ShieldPersonRegular } from "@fluentui/react-icons/svg/shield-person";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Schemas } from "../api/client";
import { useTexts, type Key } from "../text/text";

const useStyles = makeStyles({
  navigation: {
    display: "flex",
    flexDirection: "column",
    rowGap: "1px",
    padding: "8px 6px",
    width: "228px",
    boxSizing: "border-box",
    overflowY: "auto",
    backgroundColor: tokens.colorNeutralBackground3,
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  narrow: { width: "50px" },
  group: {
    padding: "12px 10px 4px",
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground3,
  },
  item: {
    display: "flex",
    alignItems: "center",
    columnGap: "12px",
    minHeight: "34px",
    padding: "0 9px",
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    fontSize: tokens.fontSizeBase300,
    ":hover": { backgroundColor: tokens.colorNeutralBackground3Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
    "&[aria-current=page]": {
      backgroundColor: tokens.colorNeutralBackground1Selected,
      fontWeight: tokens.fontWeightSemibold,
      boxShadow: `inset 3px 0 0 ${tokens.colorCompoundBrandStroke}`,
    },
  },
  icon: { fontSize: "20px", flexShrink: 0, color: tokens.colorBrandForeground1 },
});

interface Item {
  to:
    | "/"
    | "/devices"
    | "/actions"
    | "/collections"
    | "/policies"
    | "/applications"
    | "/connectors"
    | "/webhooks"
    | "/roles"
    | "/audit"
    | "/account";
  text: Key;
  icon: typeof HomeRegular;
}

const GROUPS: readonly { title?: Key; items: readonly Item[] }[] = [
  { items: [{ to: "/", text: "nav.home", icon: HomeRegular }] },
  {
    title: "nav.devices.group",
    items: [
      { to: "/devices", text: "nav.devices", icon: DesktopRegular },
      { to: "/actions", text: "nav.actions", icon: FlashRegular },
      { to: "/collections", text: "nav.collections", icon: FolderRegular },
    ],
  },
  {
    title: "nav.configuration.group",
    items: [
      { to: "/policies", text: "nav.policies", icon: DocumentTextRegular },
      { to: "/applications", text: "nav.applications", icon: AppsRegular },
    ],
  },
  {
    title: "nav.tenant.group",
    items: [
      { to: "/connectors", text: "nav.connectors", icon: PlugConnectedRegular },
      { to: "/webhooks", text: "nav.webhooks", icon: MegaphoneRegular },
      { to: "/roles", text: "nav.roles", icon: ShieldPersonRegular },
      { to: "/audit", text: "nav.audit", icon: HistoryRegular },
      { to: "/account", text: "nav.account", icon: PersonRegular },
    ],
  },
];

export function Navigation({ wide }: { me: Schemas["Me"]; wide: boolean }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  return (
    <nav className={mergeClasses(styles.navigation, !wide && styles.narrow)} aria-label={t("nav.label")}>
      {GROUPS.map((group) => (
        <div key={group.title ?? "first"} role="group" aria-label={group.title && t(group.title)}>
          {group.title && wide && (
            <div className={styles.group} aria-hidden>
              {t(group.title)}
            </div>
          )}
          {group.items.map(({ to, text, icon: Icon }) => (
            <Link
              key={to}
              to={to}
              className={styles.item}
              activeOptions={{ exact: to === "/", includeSearch: false }}
              aria-label={wide ? undefined : t(text)}
              title={wide ? undefined : t(text)}
            >
              <Icon className={styles.icon} aria-hidden />
              {wide && t(text)}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

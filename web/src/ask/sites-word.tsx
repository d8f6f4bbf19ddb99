// What the site itself decides: the page can only say that it will.
import { Text } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { useTexts } from "../text/text";
import type { Offline, Target } from "./ask";

export function SitesWord(_: { kind: string; target: Target; offline: Offline }): ReactNode {
  const { t } = useTexts();
  return <Text>{t("ask.decides")}</Text>;
}

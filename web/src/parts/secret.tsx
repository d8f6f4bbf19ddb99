// A secret that is shown this once, and taken along by one click.
import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { CopyRegular } from "@fluentui/react-icons/svg/copy";
import { useState, type ReactNode } from "react";

import { useTexts } from "../text/text";

const useStyles = makeStyles({
  line: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalS, flexWrap: "wrap" },
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    padding: "6px 10px",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    overflowWrap: "anywhere",
  },
});

export function Secret({ text }: { text: string }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => setCopied(true));
  };
  return (
    <div className={styles.line}>
      <code className={styles.code}>{text}</code>
      <Button size="small" icon={<CopyRegular />} onClick={copy}>
        {t("copy")}
      </Button>
      <Text role="status">{copied && t("copied")}</Text>
    </div>
  );
}

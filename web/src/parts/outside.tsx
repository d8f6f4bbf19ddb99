// Text from outside, such as a device's name: of any length, in any direction, and never more than text.
import { makeStyles } from "@fluentui/react-components";
import type { ReactNode } from "react";

const LONGEST_SHOWN = 200;

const useStyles = makeStyles({
  cut: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", display: "block", maxWidth: "100%" },
  whole: { overflowWrap: "anywhere" },
});

/** Controls, and the letters that turn the direction of what follows them, are shown as a box instead. */
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Returns a text from outside as it is shown. */
export function shown(text: string): string {
  const tame = text.replace(UNSEEN, "\u25a1");
  const letters = Array.from(tame.slice(0, 2 * LONGEST_SHOWN + 2));
  return letters.length > LONGEST_SHOWN ? `${letters.slice(0, LONGEST_SHOWN).join("")}…` : tame;
}

export function Outside({ text, whole }: { text: string; whole?: boolean }): ReactNode {
  const styles = useStyles();
  return (
    <bdi className={whole ? styles.whole : styles.cut} title={shown(text)}>
      {shown(text)}
    </bdi>
  );
}

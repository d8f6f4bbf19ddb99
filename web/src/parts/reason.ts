// Why something stopped or waits, in the person's language, with the console's own words where they say more.
import type { Why } from "../api/words";
import { useTexts } from "../text/text";

export interface Reason {
  title: string;
  fix: string;
  /** The console's English sentence, with this action's own values, where the title is a translation. */
  detail: string | undefined;
}

/** Returns what puts a reason into words. */
export function useReason(): (why: Why) => Reason {
  const { word, language } = useTexts();
  return (why) => {
    const said = sentence(why.text);
    if (language === "en") return { title: said, fix: why.fix, detail: undefined };
    const title = word("reason", why.reason);
    return { title: title ?? said, fix: word("fix", why.reason) ?? why.fix, detail: title && said };
  };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

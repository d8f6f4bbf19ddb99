// The name of a kind of action in the person's language.
import { useTexts } from "../text/text";

/** Returns what gives a kind its name; `title` is the console's own English name for it. */
export function useKindName(): (kind: string, title?: string) => string {
  const { word } = useTexts();
  return (kind, title) => word("kind", kind) ?? title ?? kind;
}

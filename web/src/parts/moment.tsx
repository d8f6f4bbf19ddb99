// A moment: how long ago, and exactly on demand.
import type { ReactNode } from "react";

import { useFormats } from "../format/time";
import { useNow } from "./now";

export function Moment({ at, exact }: { at: string; exact?: boolean }): ReactNode {
  const formats = useFormats();
  const now = useNow();
  return (
    <time dateTime={at} title={formats.moment(at)}>
      {exact ? formats.moment(at) : formats.away(at, now)}
    </time>
  );
}

// Which devices are chosen: some by hand, or all that match.
import { devicePage, type DeviceSearch } from "../../api/queries";
import type { Device } from "../../api/words";

/** What an action needs to know of a device that it is aimed at. */
export type Chosen = Pick<Device, "id" | "name" | "site"> & { online: boolean | undefined };

/** The most devices that one click chooses; beyond it a collection says better what is meant. */
export const MOST_CHOSEN = 100_000;
/** The console's largest page. */
const AT_ONCE = 1_000;

/** Reads all devices that match, page by page, and says how far it is. */
export async function readAll(
  query: DeviceSearch,
  signal: AbortSignal,
  progress: (count: number) => void,
  row: (device: Device) => void,
  most: number,
): Promise<number> {
  let after: string | undefined;
  let count = 0;
  do {
    const page = await devicePage(query, after, AT_ONCE, signal);
    for (const device of page.items) {
      if (count >= most) return count;
      row(device);
      count += 1;
    }
    progress(count);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return count;
}

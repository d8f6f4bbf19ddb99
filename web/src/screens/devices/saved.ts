// Views that a person kept on this browser, by name: only the address of the list, nothing about any device.
import type { DevicesView } from "./view";
import { readDevicesView } from "./view";

const KEY = "tenon-views";
const MOST = 20;

export interface SavedView {
  name: string;
  view: DevicesView;
}

export function readSaved(): SavedView[] {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? "[]") as { name?: unknown; view?: unknown }[];
    return read
      .filter((saved) => typeof saved.name === "string" && typeof saved.view === "object" && saved.view !== null)
      .slice(0, MOST)
      .map((saved) => ({ name: saved.name as string, view: readDevicesView(saved.view as Record<string, unknown>) }));
  } catch {
    return [];
  }
}

/** Keeps views; the newest of a name wins, and the oldest go when there are too many. */
export function writeSaved(views: readonly SavedView[]): SavedView[] {
  const byName = new Map(views.map((view) => [view.name, view]));
  const kept = [...byName.values()].slice(-MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is switched off: they last as long as the page.
  }
  return kept;
}

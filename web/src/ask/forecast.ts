// What is known before the click, from what the console has.
import type { Site } from "../api/words";
import type { Chosen } from "../screens/devices/chosen";

/** An action that is not delivered after this long expires; the console's own default. */
export const DELIVER_WITHIN_MS = 24 * 3_600_000;
/** How long a device may take from receipt to answer; the console's own default. */
export const FINISH_WITHIN_MS = 3_600_000;

export interface Forecast {
  devices: number;
  online: number;
  offline: number;
  /** Nobody knows whether they are online: their site's connector is away, or it was not looked up. */
  unknown: number;
  /** Sites that are asked, each with an action of its own. */
  sites: number;
  /** Sites whose connector is away now. */
  away: Site[];
}

/** Returns the forecast for some devices. */
export function forecastOf(chosen: readonly Chosen[], sites: ReadonlyMap<string, Site>): Forecast {
  const forecast: Forecast = { devices: chosen.length, online: 0, offline: 0, unknown: 0, sites: 0, away: [] };
  const asked = new Set<string>();
  for (const device of chosen) {
    const site = sites.get(device.site);
    if (!asked.has(device.site)) {
      asked.add(device.site);
      if (site && !site.link.up) forecast.away.push(site);
    }
    if (!site?.link.up || device.online === undefined) forecast.unknown += 1;
    else if (device.online) forecast.online += 1;
    else forecast.offline += 1;
  }
  forecast.sites = asked.size;
  return forecast;
}

/** Returns the devices in parts that one request may carry. */
export function parts<T>(items: readonly T[], size: number): T[][] {
  const all: T[][] = [];
  for (let start = 0; start < items.length; start += size) all.push(items.slice(start, start + size));
  return all;
}

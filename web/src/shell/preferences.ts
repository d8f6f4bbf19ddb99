// What a person chose on this browser: language and light or dark. Nothing about the fleet is kept here.
import { LANGUAGES, type Language } from "../text/text";

export const THEMES = ["system", "light", "dark"] as const;
export type ThemeChoice = (typeof THEMES)[number];

export interface Preferences {
  language: Language;
  theme: ThemeChoice;
}

const KEY = "tenon-preferences";

/** Returns what was chosen, or what the browser asks for. */
export function readPreferences(): Preferences {
  const preferred = navigator.languages.map((tag) => tag.split("-")[0]);
  const language = preferred.find((tag): tag is Language => LANGUAGES.includes(tag as Language)) ?? "en";
  return { language, theme: "system", ...kept() };
}

/** Keeps what was chosen. A browser that keeps nothing only forgets it. */
export function keepPreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}

function kept(): Partial<Preferences> {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    const preferences: Partial<Preferences> = {};
    if (read.language && LANGUAGES.includes(read.language)) preferences.language = read.language;
    if (read.theme && THEMES.includes(read.theme)) preferences.theme = read.theme;
    return preferences;
  } catch {
    return {};
  }
}

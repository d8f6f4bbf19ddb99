// What the page says, in the person's language.
import { createContext, useContext } from "react";

import { en } from "./en";

export const LANGUAGES = ["en", "nl"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
export type Values = Record<string, string | number>;

export interface Texts {
  language: Language;
  /** Returns a text with its values filled in; a value called `count` chooses between `key.one` and `key.other`. */
  t: (key: Key, values?: Values) => string;
  /** Returns a text for a word of the console, where there is one. */
  word: (prefix: string, word: string) => string | undefined;
}

/** Makes the texts of a language. */
export function textsOf(language: Language, messages: Messages): Texts {
  const numbers = new Intl.NumberFormat(language);
  const plural = new Intl.PluralRules(language);
  const fill = (text: string, values: Values | undefined) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values?.[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  const t = (key: Key, values?: Values) => {
    const count = values?.["count"];
    const one = `${key}.one` as Key;
    const chosen = typeof count === "number" && plural.select(count) === "one" && one in messages ? one : key;
    return fill(messages[chosen], values);
  };
  const word = (prefix: string, name: string) => messages[`${prefix}.${name}` as Key] as string | undefined;
  return { language, t, word };
}

/** Returns the texts of a language; only that language travels to the browser. */
export async function loadTexts(language: Language): Promise<Texts> {
  const messages = language === "nl" ? (await import("./nl")).nl : en;
  return textsOf(language, messages);
}

const Context = createContext<Texts>(textsOf("en", en));
export const TextsProvider = Context.Provider;

/** Returns what the page says. */
export const useTexts = (): Texts => useContext(Context);

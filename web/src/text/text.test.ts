import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { en } from "./en";
import { nl } from "./nl";
import { textsOf, type Key } from "./text";

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("every text has a Dutch translation, with the same values in it", () => {
  for (const [key, text] of Object.entries(en)) {
    const dutch = nl[key as Key];
    expect(dutch, key).toBeTruthy();
    expect(placeholders(dutch), key).toEqual(placeholders(text));
  }
});

test("the three actions have the names of the original", () => {
  expect(nl["kind.sync-machine-policy"]).toBe("Computerbeleid synchroniseren");
  expect(nl["kind.sync-user-policy"]).toBe("Gebruikersbeleid synchroniseren");
  expect(nl["kind.app-evaluation"]).toBe("App-evaluatiecyclus");
});

test("every reason of the closed list has a Dutch text and a Dutch fix", () => {
  const source = readFileSync(new URL("../../../crates/action/src/reason.rs", import.meta.url), "utf8");
  const list = /pub enum Reason \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? "";
  const names = [...list.matchAll(/^ {4}([A-Z]\w+)/gm)].map(([, name]) =>
    (name ?? "").replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? "" : "_") + letter.toLowerCase()),
  );
  expect(names.length).toBeGreaterThan(20);
  const dutch: Record<string, string> = nl;
  for (const name of names) {
    expect(dutch[`reason.${name}`], name).toBeTruthy();
    expect(dutch[`fix.${name}`], name).toBeTruthy();
  }
});

test("every text that the page asks for is there", async () => {
  const used = new Set<string>();
  const sources = import.meta.glob("../**/*.{ts,tsx}", { query: "?raw", import: "default" });
  for (const [path, read] of Object.entries(sources)) {
    if (path.includes("/generated/")) continue;
    for (const [, key] of String(await read()).matchAll(/\bt\(\s*"([\w.-]+)"/g)) used.add(key ?? "");
  }
  expect(used.size).toBeGreaterThan(100);
  expect([...used].filter((key) => !(key in en))).toEqual([]);
});

describe("values", () => {
  const check = (language: "en" | "nl", count: number, expected: string) =>
    expect(textsOf(language, language === "en" ? en : nl).t("devices.count", { count })).toBe(expected);

  test("are written as the language does, one apart from many", () => {
    check("en", 1, "1 device");
    check("en", 12_345, "12,345 devices");
    check("nl", 1, "1 apparaat");
    check("nl", 12_345, "12.345 apparaten");
  });

  test("from outside are text, whatever they look like", () => {
    expect(textsOf("en", en).t("devices.choose", { name: "{name} $& <script>" })).toBe("Choose {name} $& <script>");
  });
});

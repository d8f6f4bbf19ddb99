import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { en } from "../../text/en";
import { EVENT_TYPES, isAddress, lettersOf } from "./letters";

test("the page offers the events that the console has, each with a name", () => {
  const source = readFileSync(new URL("../../../../crates/console/src/webhooks/event.rs", import.meta.url), "utf8");
  const list = /const TYPES: [^=]*= \[([\s\S]*?)\];/.exec(source)?.[1] ?? "";
  const skipped = /const SKIPPED: &str = "([^"]+)";/.exec(source)?.[1] ?? "";
  const types = [...list.replace("SKIPPED", `"${skipped}"`).matchAll(/"([^"]+)"/g)].map(([, type]) => type);
  expect(types.length).toBeGreaterThan(3);
  expect(EVENT_TYPES).toEqual(types);
  for (const type of EVENT_TYPES) expect(en, type).toHaveProperty([`event.${type}`]);
});

test("dead letters are listed with what their event says of itself, the newest first", () => {
  const letter = (number: number, event: Record<string, unknown>) =>
    ({ number, event, attempts: 14, error: "answered with 500", at: "2026-11-24T10:00:00Z" }) as never;
  const event = { type: "tenon.action.ended", subject: "guid", time: "2026-11-23T10:00:00Z" };
  const lines = lettersOf([letter(3, event), letter(7, { type: 5, time: "soon" })]);
  expect(lines.map(({ number, type, subject, time }) => [number, type, subject, time])).toEqual([
    [7, "", "", ""],
    [3, "tenon.action.ended", "guid", "2026-11-23T10:00:00Z"],
  ]);
});

test("only an https address is sent to the console", () => {
  const check = (url: string, expected: boolean) => expect(isAddress(url), url).toBe(expected);
  check("https://hooks.example/tenon", true);
  check("http://hooks.example/tenon", false);
  check("javascript:alert(1)", false);
  check("https://", false);
  check("", false);
});

import { expect, test } from "vitest";

import { formatsOf } from "./time";

test("spans are short and in the person's language", () => {
  const check = (milliseconds: number, en: string, nl: string) => {
    expect(formatsOf("en").span(milliseconds)).toBe(en);
    expect(formatsOf("nl").span(milliseconds)).toBe(nl);
  };
  check(4, "4 ms", "4 ms");
  check(1_500, "1.5 sec", "1,5 sec");
  check(90_000, "1.5 min", "1,5 min");
  check(3_600_000, "1 hr", "1 uur");
});

test("a moment is told from now", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  expect(formatsOf("en").away("2026-11-24T11:59:00Z", now)).toBe("1 minute ago");
  expect(formatsOf("nl").away("2026-11-23T12:00:00Z", now)).toBe("gisteren");
  expect(formatsOf("en").away("2026-11-24T12:00:00Z", now)).toBe("now");
});

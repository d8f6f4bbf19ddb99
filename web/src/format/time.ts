// Dates, spans and numbers, as the person's language writes them.
import { useTexts, type Language } from "../text/text";

export interface Formats {
  /** A moment to the second, in local time. */
  moment: (text: string) => string;
  /** A time of day, to the millisecond where its clock told them. */
  clock: (text: string) => string;
  /** How long ago, or in how long. */
  away: (text: string, now: number) => string;
  /** A span, such as `320 ms` or `2 h`. */
  span: (milliseconds: number) => string;
  number: (value: number) => string;
  percent: (part: number, whole: number) => string;
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

const made = new Map<Language, Formats>();

/** Returns the formats of a language. */
export function formatsOf(language: Language): Formats {
  const known = made.get(language);
  if (known) return known;
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
  const second = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false } as const;
  const toSecond = new Intl.DateTimeFormat(language, second);
  const toMillisecond = new Intl.DateTimeFormat(language, { ...second, fractionalSecondDigits: 3 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const numbers = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const unit = (value: number, unit: string, digits = 0) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);
  const formats: Formats = {
    moment: (text) => moment.format(new Date(text)),
    clock: (text) => {
      const at = new Date(text);
      return (at.getTime() % 1_000 === 0 ? toSecond : toMillisecond).format(at);
    },
    away: (text, now) => {
      const span = new Date(text).getTime() - now;
      const [name, size] = STEPS.find(([, size]) => Math.abs(span) >= size) ?? ["second", 1_000];
      return relative.format(Math.trunc(span / size), name);
    },
    span: (milliseconds) => {
      if (milliseconds < 1_000) return unit(Math.round(milliseconds), "millisecond");
      if (milliseconds < 60_000) return unit(milliseconds / 1_000, "second", 1);
      if (milliseconds < 3_600_000) return unit(milliseconds / 60_000, "minute", 1);
      return unit(milliseconds / 3_600_000, "hour", 1);
    },
    number: (value) => numbers.format(value),
    percent: (part, whole) => percent.format(whole === 0 ? 0 : part / whole),
  };
  made.set(language, formats);
  return formats;
}

/** Returns the formats of the person's language. */
export const useFormats = (): Formats => formatsOf(useTexts().language);

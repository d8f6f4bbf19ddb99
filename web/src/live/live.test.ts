import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Applier } from "./apply";
import { EventReader } from "./events";
import { waitBefore } from "./stream";

const read = (...pieces: string[]) => {
  const reader = new EventReader();
  return pieces.flatMap((piece) => reader.push(piece));
};

test("events are read however they are cut", () => {
  const whole = 'id: 7\ndata: {"type":"reset"}\n\n: still here\n\nid:8\ndata:a\ndata: b\n\n';
  const expected = [
    { id: "7", data: '{"type":"reset"}' },
    { id: "8", data: "a\nb" },
  ];
  expect(read(whole)).toEqual(expected);
  expect(read(...whole)).toEqual(expected);
  expect(read(whole.replaceAll("\n", "\r\n"))).toEqual(expected);
});

test("a line without end is not kept for ever", () => {
  const reader = new EventReader();
  for (let piece = 0; piece < 40; piece += 1) reader.push("x".repeat(1 << 16));
  expect(reader.push("\nid: 1\ndata: y\n\n")).toEqual([{ id: "1", data: "y" }]);
});

test("a lost stream is opened again soon at first, and later less often", () => {
  expect(waitBefore(0, 0)).toBe(250);
  expect(waitBefore(0, 1)).toBe(500);
  expect(waitBefore(1, 1)).toBe(1_000);
  expect(waitBefore(30, 1)).toBe(10_000);
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a thousand changes make one look at the list a second, and the counts move at once", () => {
  const client = new QueryClient();
  const looks: unknown[] = [];
  client.invalidateQueries = (filters) => {
    looks.push(filters?.queryKey);
    return Promise.resolve();
  };
  client.setQueryData(["action", "a"], { task_guid: "a", state: "queued", counts: { queued: 9 }, concluded: 0, total: 9 });
  const applier = new Applier(client);
  for (let done = 1; done <= 9; done += 1) {
    applier.change({
      type: "action",
      task_guid: "a",
      site: "s",
      state: "running",
      counts: { done, running: 9 - done },
      concluded: done,
      total: 9,
    });
  }
  expect(client.getQueryData<{ concluded: number }>(["action", "a"])?.concluded).toBe(9);
  for (let change = 0; change < 1_000; change += 1) {
    applier.change({ type: "devices", site: "s", devices: ["d"], more: false });
  }
  vi.advanceTimersByTime(2_500);
  const count = (key: string) => looks.filter((look) => (look as string[])[0] === key).length;
  expect(count("devices")).toBe(1);
  expect(count("actions")).toBe(1);
  expect(count("device")).toBe(1);
});

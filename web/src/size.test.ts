// What a person waits for at their first visit, counted in what was built.
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

/** Script for the first screen, packed, in bytes. */
const BUDGET = 200_000;

const dist = new URL("../dist/", import.meta.url);

interface Chunk {
  file: string;
  imports?: string[];
}

test.skipIf(!existsSync(dist))("the first screens stay within their budget of script", () => {
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8")) as Record<string, Chunk>;
  const size = (...entries: string[]) => {
    const seen = new Set<string>();
    const walk = (name: string) => {
      const chunk = manifest[name];
      if (!chunk) throw new Error(`${name} was not built`);
      if (seen.has(chunk.file)) return;
      seen.add(chunk.file);
      chunk.imports?.forEach(walk);
    };
    entries.forEach(walk);
    return [...seen].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length, 0);
  };
  const signIn = size("index.html", "src/screens/sign-in/sign-in.tsx");
  const home = size("index.html", "src/screens/home/home.tsx");
  expect(signIn).toBeGreaterThan(50_000);
  expect(signIn).toBeLessThan(BUDGET);
  expect(home).toBeLessThan(BUDGET);
});

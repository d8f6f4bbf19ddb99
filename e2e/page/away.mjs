// The site's link is cut: the page says so within ten seconds, and again when it is back.
import { existsSync, writeFileSync } from "node:fs";

import { run, told } from "./browser.mjs";

/** What the issue promises, in milliseconds. */
const SAID_WITHIN = 10_000;

await run({}, async (story) => {
  const { page } = story;
  story.allow(/401/);
  await story.signIn();
  await story.go("/devices");
  await page.getByRole("link", { name: told.device }).waitFor();
  await page.getByRole("cell", { name: "Online" }).first().waitFor();
  writeFileSync(told.cut, "");
  await story.until("the link is cut", () => existsSync(`${told.cut}.done`));
  await story.until("the page says that the connector is away", () => page.locator("[data-away]").isVisible(), SAID_WITHIN);
  await page.getByRole("cell", { name: "Unknown" }).first().waitFor();
  await story.check("away");
  writeFileSync(told.mend, "");
  await story.until("the page says that it is back", async () => !(await page.locator("[data-away]").isVisible()));
  await page.getByRole("cell", { name: "Online" }).first().waitFor();
});

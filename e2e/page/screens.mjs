// Every screen in both colours, with hostile names in it: checked by axe, looked at in pictures; and an export.
import { readFileSync } from "node:fs";

import { run, same, told } from "./browser.mjs";

const SCREENS = {
  home: ["/", /^Home/],
  devices: ["/devices", /All devices/],
  actions: ["/actions", /Device actions/],
  collections: ["/collections", /Collections/],
  policies: ["/policies", /Policies/],
  applications: ["/applications", /Applications/],
  connectors: ["/connectors", /Connectors and tokens/],
  roles: ["/roles", /Roles/],
  audit: ["/audit", /Audit log/],
  account: ["/account", /My account/],
  nowhere: ["/nowhere", /There is nothing here/],
};

for (const dark of [false, true]) {
  await run({ dark }, async (story) => {
    const { page } = story;
    story.allow(/40[14]|422/);
    await story.signIn();
    for (const [name, [path, heading]] of Object.entries(SCREENS)) {
      await story.go(path);
      await story.heading(heading);
      await story.until("everything is there", async () => (await page.locator(".fui-Skeleton, .fui-Spinner").count()) === 0);
      await story.check(dark ? `${name}-dark` : name);
    }

    await story.go("/devices");
    await story.until("the devices are there", async () => (await page.getByRole("row").count()) > told.names.length);
    same(await page.locator("main script, main img").count(), 0, "elements made of names");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    same(wide <= 0, true, "the page is as wide as the window");

    await page.getByRole("button", { name: "Device name" }).click();
    await story.until("the list is turned round", async () =>
      (await page.getByRole("columnheader", { name: "Device name" }).getAttribute("aria-sort")) === "descending");
    await story.go("/devices?filter=nonsense");
    await page.getByRole("alert").waitFor();
    await story.check(dark ? "devices-error-dark" : "devices-error");
    await story.go("/devices?search=no-such-device");
    await story.see("No device matches");
    await story.check(dark ? "devices-empty-dark" : "devices-empty");
    await story.go("/devices/00000000-0000-4000-8000-000000000000");
    await page.getByRole("alert").waitFor();

    if (!dark) {
      await story.go("/devices");
      await page.getByRole("link").first().waitFor();
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Export" }).click(),
      ]);
      const text = readFileSync(await file.path(), "utf8");
      same(/(^|,)"?=/m.test(text), false, "a cell that a spreadsheet would run");
      same(text.includes("'=1+1"), told.names.some((name) => name.startsWith("=1+1")), "the name that begins with =");
    }
  });
}

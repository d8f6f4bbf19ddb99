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
  webhooks: ["/webhooks", /Webhooks/],
  roles: ["/roles", /Roles/],
  audit: ["/audit", /Audit log/],
  account: ["/account", /My account/],
  nowhere: ["/nowhere", /There is nothing here/],
};

/** The device on which an action has run before the story begins. */
const DEVICE = "kassa-1";

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

    await page.getByRole("link", { name: DEVICE }).click();
    await page.getByRole("tab", { name: "Timeline" }).click();
    const events = page.getByRole("list", { name: "Timeline" }).getByRole("listitem");
    await story.until("every hop of the action is in the timeline", async () => {
      const said = (await events.allInnerTexts()).join("\n");
      const hops = ["Admin center", "Site authority", "Notification server", "Agent on the device"];
      return hops.every((hop) => said.includes(hop)) || said;
    });
    // An agent's clock has whole seconds.
    const seconds = await events.locator("time").evaluateAll((times) => times.map((time) => time.dateTime.slice(0, 19)));
    same(seconds, [...seconds].sort().reverse(), "the newest event is first");
    same((await events.allInnerTexts()).some((text) => text.includes("Enrolled at the site")), true, "its enrolment is told");
    await story.check(dark ? "timeline-dark" : "timeline");

    await webhooks(story, dark);

    await story.go("/devices");
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

/** A webhook is made, its secret is shown once, and it is removed. */
async function webhooks(story, dark) {
  const { page } = story;
  const address = "https://hooks.example/tenon";
  await story.go("/webhooks");
  await story.see("No other system is told of anything");
  await page.getByRole("button", { name: "Make a webhook" }).click();
  await page.getByLabel("Address").fill("https://127.0.0.1/hook");
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").getByRole("alert").waitFor();
  await story.check(dark ? "webhook-refused-dark" : "webhook-refused");
  await page.getByLabel("Address").fill(address);
  await page.getByLabel("An action has ended").check();
  await story.check(dark ? "webhook-new-dark" : "webhook-new");
  await page.keyboard.press("Enter");
  const secret = await page.getByText(/^whsec_/).innerText();
  await story.check(dark ? "webhook-secret-dark" : "webhook-secret");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("heading", { name: address }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: address }).waitFor();
  same((await page.content()).includes(secret), false, "a secret that is shown again");

  await page.getByRole("button", { name: /^Dead letters of/ }).click();
  await story.see("No event was given up.");
  // The console gives an event up after a day: its answers are put in place of that day.
  const [{ id }] = await page.evaluate(async () => (await fetch("/api/v1/webhooks")).json());
  const [hook, letters] = ["**/api/v1/webhooks", `**/api/v1/webhooks/${id}/dead-letters`];
  const at = "2026-11-24T10:00:00Z";
  const event = { type: "tenon.action.ended", subject: "<script>alert(1)</script>", time: at };
  await page.route(hook, (route) =>
    route.fulfill({ json: [{ id, url: address, types: [event.type], created: at, waiting: 2, dead: 1 }] }),
  );
  await page.route(letters, (route) => route.fulfill({ json: [{ number: 7, event, attempts: 14, error: "answered with 500", at }] }));
  await page.reload();
  await page.getByRole("button", { name: /^Dead letters of/ }).click();
  await story.see("answered with 500");
  await story.check(dark ? "webhook-letters-dark" : "webhook-letters");
  await page.getByRole("button", { name: /^Send again what/ }).click();
  await story.see("0 events are sent again.");
  await page.unroute(hook);
  await page.unroute(letters);

  await page.getByRole("button", { name: /^Remove the webhook/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await story.see("No other system is told of anything");
}

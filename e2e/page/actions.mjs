// Sign in, find a device by typing, run each of the three actions and see what became of it.
import { run, same, told } from "./browser.mjs";

await run({}, async (story) => {
  const { page } = story;
  story.allow(/401/);
  await story.go("/devices");
  await story.heading("Sign in");
  await story.check("sign-in");
  await page.locator("input[name=user]").fill(told.user);
  await page.locator("input[name=password]").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await page.locator("input[name=password]").fill(told.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await story.heading(/All devices/);

  await page.locator("input[name=search]").fill(told.device.slice(0, 5));
  await story.until("the search is in the address", () => page.url().includes("search="));
  await page.getByRole("link", { name: told.device }).click();
  await story.heading(told.device);
  await story.check("device");

  for (const [button, ends] of [
    ["Sync machine policy", ["done"]],
    ["Sync user policy", told.honest],
    ["App evaluation cycle", told.honest],
  ]) {
    await page.getByRole("button", { name: button }).click();
    await page.getByRole("dialog").waitFor();
    await page.getByRole("button", { name: "Run on 1 device" }).waitFor();
    await page.locator("[data-check=allowed]").waitFor();
    await story.check(`ask-${button.toLowerCase().replaceAll(" ", "-")}`);
    await page.getByRole("button", { name: "Run on 1 device" }).click();
    await story.heading(button);
    const state = page.locator("[data-state]");
    await story.until(`${button} has ended`, async () => {
      const found = await state.getAttribute("data-state");
      return ends.includes(found) || found;
    });
    for (const hop of ["admin_center", "service_connector", "authority", "notification_server", "agent"]) {
      await page.locator(`[data-hop=${hop}]`).waitFor();
    }
    await story.see(/Authorized to perform client action\. TemplateID: /);
    await story.check(`action-${button.toLowerCase().replaceAll(" ", "-")}`);
    await page.getByRole("link", { name: told.device }).first().click();
    await story.heading(told.device);
  }

  await secondTab(story);
  await olderActions(story);

  await page.getByRole("tab", { name: "Device actions status" }).click();
  await story.until("four actions are listed", async () => (await page.getByRole("row").count()) >= 5);
  await story.check("device-actions");
  await page.getByRole("tab", { name: "Client details" }).click();
  await story.see("Asked at the site just now.");
  await story.check("device-details");
  await page.getByRole("link", { name: "Device actions", exact: true }).click();
  await story.heading(/Device actions/);
  await story.check("actions");
});

/** Another tab of the browser has no stream of its own, and shows what happens all the same. */
async function secondTab(story) {
  const { page } = story;
  const streams = [];
  const other = await story.newPage();
  other.on("request", (request) => request.url().endsWith("/api/v1/events") && streams.push(request.url()));
  await other.goto(new URL("/actions", told.url).href, { waitUntil: "domcontentloaded" });
  const rows = other.getByRole("table").getByRole("row");
  await story.until("the other tab lists three actions", async () => (await rows.count()) === 4);
  await other.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Sync machine policy" }).click();
  await page.locator("[data-check=allowed]").waitFor();
  await page.getByRole("button", { name: "Run on 1 device" }).click();
  await story.heading("Sync machine policy");
  await story.until("the other tab has the action", async () => (await rows.count()) === 5);
  await page.locator("[data-state=done]").waitFor();
  await story.until("the other tab shows its end", async () => (await rows.nth(1).innerText()).includes("Done"));
  same(streams, [], "the streams of the second tab");
  await other.close();
  await page.bringToFront();
  await page.getByRole("link", { name: told.device }).first().click();
  await story.heading(told.device);
}

/** A timeline has the latest actions, here two at a time, and older ones with what was before them on demand. */
async function olderActions(story) {
  const { page } = story;
  const twenty = /\/api\/v1\/actions\?.*\blimit=20\b/;
  await page.route(twenty, (route) => route.continue({ url: route.request().url().replace(/\blimit=20\b/, "limit=2") }));
  await page.getByRole("tab", { name: "Timeline" }).click();
  await story.see("the events of its latest 2 actions");
  const events = page.getByRole("list", { name: "Timeline" });
  await events.getByText("Agent on the device").first().waitFor();
  same(await events.getByText("Enrolled at the site").count(), 0, "what was before the actions that are read");
  await page.getByRole("button", { name: "Older actions" }).click();
  await story.see("the events of its latest 4 actions");
  await events.getByText("Enrolled at the site").waitFor();
  same(await page.getByRole("button", { name: "Older actions" }).count(), 0, "more that is older");
  await story.check("timeline-older");
  await page.unroute(twenty);
}

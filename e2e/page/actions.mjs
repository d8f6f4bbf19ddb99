// Sign in, find a device by typing, run each of the three actions and see what became of it.
import { run, told } from "./browser.mjs";

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

  await page.getByRole("tab", { name: "Device actions status" }).click();
  await story.until("three actions are listed", async () => (await page.getByRole("row").count()) >= 4);
  await story.check("device-actions");
  await page.getByRole("tab", { name: "Client details" }).click();
  await story.see("Asked at the site just now.");
  await story.check("device-details");
  await page.getByRole("link", { name: "Device actions", exact: true }).click();
  await story.heading(/Device actions/);
  await story.check("actions");
});

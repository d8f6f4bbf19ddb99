// A thousand devices, ten of them offline: all are chosen, the action runs, and exactly the ten wait.
import { run, same, told } from "./browser.mjs";

await run({}, async (story) => {
  const { page } = story;
  story.allow(/401/);
  await story.signIn();
  await story.go("/devices");
  await page.getByRole("checkbox", { name: "Choose all loaded devices" }).click();
  await page.getByRole("button", { name: "Choose all that match" }).click();
  await story.see(`${told.devices.toLocaleString("en")} chosen`);
  await story.check("fleet-chosen");
  const drawn = await page.getByRole("row").count();
  same(drawn < 100, true, `rows in the document: ${drawn}`);
  await page.getByRole("button", { name: "Sync machine policy" }).click();
  await page.getByRole("dialog").waitFor();
  await story.check("fleet-ask");
  await page.getByRole("button", { name: /^Run on/ }).click();
  await story.heading("Sync machine policy");
  await page.locator("[data-count=queued]").waitFor();
  await story.until("all but those offline have ended", async () => {
    const counts = await page.locator("[data-count]").evaluateAll((all) =>
      Object.fromEntries(all.map((one) => [one.dataset.count, one.querySelector("strong")?.textContent])),
    );
    return (counts.queued === String(told.offline) && Object.keys(counts).every((state) => ["queued", "done", "not_supported", "failed"].includes(state))) || counts;
  });
  await story.check("fleet-action");
  await page.locator("[data-count=queued]").click();
  await story.until("exactly the offline ones are listed", async () => {
    const names = await page.getByRole("table", { name: "Devices" }).getByRole("link").allTextContents();
    return JSON.stringify(names.sort()) === JSON.stringify([...told.offlineNames].sort()) || names;
  });
  await story.check("fleet-queued");
});

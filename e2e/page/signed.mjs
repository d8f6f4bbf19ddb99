// An action by this browser's own signature: its key is bound at the sign-in, or paired with a code that is typed in.
import { run, told } from "./browser.mjs";

await run({}, async (story) => {
  const { page } = story;
  const keys = () =>
    page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open("tenon-keys");
          opening.onupgradeneeded = () => opening.transaction.abort();
          opening.onerror = () => resolve(0);
          opening.onsuccess = () => {
            const all = opening.result.transaction("keys").objectStore("keys").getAll();
            all.onerror = () => reject(all.error);
            all.onsuccess = () => {
              const kept = all.result.filter((one) => one.kind === "known");
              resolve(kept.some((one) => one.key.privateKey.extractable) ? -1 : kept.length);
            };
          };
        }),
    );

  story.allow(/401/);
  if (told.provider) {
    await story.go("/sign-in");
    await page.getByText(`Sign in at ${told.provider}`).click();
    await page.locator("nav").first().waitFor();
  } else {
    await story.signIn();
    await page.goto(new URL("/account", told.url).href);
    await page.locator("input[name=pairing-code]").fill(told.code);
    await page.getByRole("button", { name: "Pair" }).click();
    await story.see(/this browser signs until/);
    await story.check("account-paired");
  }
  await story.until("this browser has a key that no script can read", async () => {
    const found = await keys();
    return found === 1 || found;
  });

  await story.go("/devices");
  await page.getByRole("link", { name: told.device }).click();
  await story.heading(told.device);
  await page.getByRole("button", { name: "Sync machine policy" }).click();
  await page.getByRole("dialog").waitFor();
  await page.getByRole("button", { name: "Run on 1 device" }).click();
  await story.heading("Sync machine policy");
  const state = page.locator("[data-state]");
  await story.until("the action has ended", async () => {
    const found = await state.getAttribute("data-state");
    return found === "done" || found;
  });
  await story.see("signed with the person's key");

  if (told.provider) {
    await story.go("/account");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await story.heading("Sign in");
    await story.until("the key is gone with the session", async () => {
      const found = await keys();
      return found === 0 || found;
    });
  }
});

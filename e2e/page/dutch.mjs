// The whole way in Dutch, in the dark, and with the keyboard alone.
import { run, same, told } from "./browser.mjs";

await run({ language: "nl-NL", dark: true }, async (story) => {
  const { page } = story;
  const { keyboard } = page;
  story.allow(/401/);
  /** Walks with Tab until what is focused has the name. */
  const tabTo = async (name) => {
    for (let step = 0; step < 80; step += 1) {
      const found = await page.evaluate(() => {
        const { activeElement: on } = document;
        return on?.getAttribute("aria-label") ?? on?.textContent ?? "";
      });
      if (name.test(found)) return;
      await keyboard.press("Tab");
    }
    throw new Error(`Tab does not lead to ${name}`);
  };

  await story.go("/");
  await story.heading("Aanmelden");
  await keyboard.type(told.user);
  await keyboard.press("Tab");
  await keyboard.type(told.password);
  await keyboard.press("Enter");
  await story.heading("Startpagina");
  same(await page.evaluate(() => document.documentElement.lang), "nl", "the language of the document");
  await story.check("nl-home");

  await tabTo(/^Alle apparaten$/);
  await keyboard.press("Enter");
  await story.heading(/Alle apparaten/);
  await page.getByRole("link", { name: told.device }).waitFor();
  await story.check("nl-devices");
  await tabTo(new RegExp(`^${told.device}$`));
  await keyboard.press("Enter");
  await story.heading(told.device);
  for (const name of ["Computerbeleid synchroniseren", "Gebruikersbeleid synchroniseren", "App-evaluatiecyclus"]) {
    await page.getByRole("button", { name }).waitFor();
  }
  await story.check("nl-device");
  await tabTo(/^Computerbeleid synchroniseren$/);
  await keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await story.check("nl-ask");
  await tabTo(/^Uitvoeren op 1 apparaat$/);
  await keyboard.press("Enter");
  await story.heading("Computerbeleid synchroniseren");
  await page.locator("[data-state=done]").waitFor();
  await story.see("Gereed");
  await story.check("nl-action");
});

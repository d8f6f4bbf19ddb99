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

  await tabTo(/^Alle apparaten$/);
  await keyboard.press("Enter");
  await story.heading(/Alle apparaten/);
  await page.getByRole("link", { name: told.device }).waitFor();
  await tabTo(new RegExp(`^${told.device}$`));
  await keyboard.press("Enter");
  await story.heading(told.device);
  await tabTo(/^Overzicht$/);
  for (let step = 0; step < 3; step += 1) await keyboard.press("ArrowRight");
  await keyboard.press("Enter");
  const events = page.getByRole("list", { name: "Tijdlijn" });
  await events.getByText("Agent op het apparaat").first().waitFor();
  await events.getByText("Ingeschreven bij de site").waitFor();
  await story.check("nl-timeline");

  await tabTo(/^Webhooks$/);
  await keyboard.press("Enter");
  await story.heading(/Webhooks/);
  await tabTo(/^Een webhook maken$/);
  await keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await keyboard.type("https://hooks.example/tenon");
  await keyboard.press("Enter");
  await page.getByText(/^whsec_/).waitFor();
  await story.check("nl-webhook-secret");
  await tabTo(/^Gereed$/);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "https://hooks.example/tenon" }).waitFor();
  await tabTo(/^Verwijderen: webhook /);
  await keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await tabTo(/^Verwijderen$/);
  await keyboard.press("Enter");
  await story.see("Geen ander systeem krijgt iets te horen");
});

// An action without permission at the site: refused there, with the reason and what to do. One without permission at the
// console is not offered, and the button says why.
import { run, same, told } from "./browser.mjs";

await run({}, async (story) => {
  const { page } = story;
  // The site tells a person whom it does not know nothing of the device either.
  story.allow(/40[13]/);
  await story.signIn();
  await story.go("/devices");
  await page.getByRole("link", { name: told.device }).click();
  await story.heading(told.device);
  await page.getByRole("button", { name: "Sync machine policy" }).click();
  await page.locator("[data-check=refused] [data-reason=user_unknown_to_site]").waitFor();
  await story.check("ask-refused");
  await page.getByRole("button", { name: "Run on 1 device" }).click();
  await page.locator("[data-state=refused]").waitFor();
  const reason = page.locator("[data-hop=authority] [data-reason=user_unknown_to_site]");
  await reason.waitFor();
  await story.see(/tenon role assign/);
  await story.see(/Unauthorized to perform client action\. TemplateID: RequestMachinePolicy/);
  same(await page.locator("[data-hop=agent]").getAttribute("data-status"), "ahead", "the agent");
  await story.check("refused");

  await story.go("/devices");
  await page.getByRole("link", { name: told.device }).click();
  await page.getByRole("tab", { name: "Timeline" }).click();
  const refusal = page.getByRole("list", { name: "Timeline" }).getByRole("listitem").filter({ hasText: "Refused" });
  await refusal.locator("[data-reason=user_unknown_to_site]").waitFor();
  same((await refusal.innerText()).includes("tenon role assign"), true, "what to do about it, in the timeline");
  await story.see("What the site itself has of this device is not in the timeline:");
  await story.check("timeline-refused");

  await story.go("/account");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await story.heading("Sign in");
  await story.signIn(told.reader, told.readerPassword);
  await story.go("/devices");
  await page.getByRole("link", { name: told.device }).click();
  await story.heading(told.device);
  const button = page.getByRole("button", { name: "Sync machine policy" });
  same(await button.getAttribute("aria-disabled"), "true", "the button of a reader");
  same(/Initiate Configuration Manager action/.test((await button.getAttribute("title")) ?? ""), true, "its reason");
  await story.check("reader");
  await story.go("/webhooks");
  await story.see("You may not see the webhooks of this tenant");
  const make = page.getByRole("button", { name: "Make a webhook" });
  same(await make.getAttribute("title"), "Missing permission: Webhooks / Manage", "why a reader makes no webhook");
  await story.check("webhooks-reader");
});

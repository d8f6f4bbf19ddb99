// What every story has: a browser, a page that may not complain, looks that wait, pictures, and the rules of axe.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

/** How long anything may take; machines are shared. */
const PATIENCE_MS = 45_000;
/** Text is read as it is drawn: no rule about looks is left out. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** What the test tells the story: addresses, names, and where pictures go. */
export const told = JSON.parse(process.argv[2] ?? "{}");

export class Story {
  #browser;
  #folder;
  #complaints = [];
  #allowed = [];
  page;

  static async begin({ language = "en-GB", dark = false } = {}) {
    const story = new Story();
    story.#folder = mkdtempSync(join(tmpdir(), "tenon-browser-"));
    story.#browser = await chromium.launchPersistentContext(story.#folder, {
      executablePath: told.chromium,
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // A story's provider has a certificate of its own.
        ...(told.provider ? ["--ignore-certificate-errors"] : []),
      ],
      locale: language,
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
      viewport: { width: 1360, height: 860 },
      acceptDownloads: true,
    });
    story.page = await story.newPage();
    return story;
  }

  async newPage() {
    const page = await this.#browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.#complain(message.text());
    });
    page.on("pageerror", (error) => this.#complain(String(error)));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && ![told.url, told.provider].includes(origin)) this.#complain(`asked another host: ${request.url()}`);
    });
    return page;
  }

  /** Says that a complaint of the browser belongs to the story, such as a refused request that it makes on purpose. */
  allow(pattern) {
    this.#allowed.push(pattern);
  }

  #complain(text) {
    if (!this.#allowed.some((pattern) => pattern.test(text))) this.#complaints.push(text);
  }

  go(path) {
    return this.page.goto(new URL(path, told.url).href, { waitUntil: "domcontentloaded" });
  }

  async signIn(user = told.user, password = told.password) {
    await this.go("/");
    await this.page.locator("input[name=user]").fill(user);
    await this.page.locator("input[name=password]").fill(password);
    await this.page.locator("button[type=submit]").click();
    await this.page.locator("nav").first().waitFor();
  }

  async see(text) {
    await this.page.getByText(text).first().waitFor();
  }

  async heading(name) {
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  /** Waits until what `look` returns is true. */
  async until(what, look, within = PATIENCE_MS) {
    const start = performance.now();
    let last;
    while (performance.now() - start < within) {
      last = await look();
      if (last === true) return performance.now() - start;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${what}: not within ${within} ms; it was ${JSON.stringify(last)}`);
  }

  async picture(name) {
    mkdirSync(told.pictures, { recursive: true });
    await this.page.screenshot({ path: join(told.pictures, `${name}.png`) });
  }

  /** Checks the screen by axe, and that it is not wider than the window. */
  async check(name) {
    await this.picture(name);
    await this.page.evaluate((source) => {
      if (!("axe" in window)) (0, eval)(source);
    }, axe).catch(async () => {
      // The page's policy allows no eval: the browser's own tools may still add the script.
      const session = await this.#browser.newCDPSession(this.page);
      await session.send("Runtime.evaluate", { expression: axe });
    });
    const found = await this.page.evaluate(async (rules) => {
      // Fluent's guards of the focus are hidden and focusable on purpose: they pass the focus on at once.
      const context = { include: document, exclude: ["[data-tabster-dummy]"] };
      const { violations } = await globalThis.axe.run(context, { runOnly: { type: "tag", values: rules } });
      return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    }, RULES);
    if (found.length > 0) throw new Error(`axe on ${name}:\n${found.join("\n")}`);
  }

  async end() {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#complaints.length > 0) throw new Error(`the browser complained:\n${this.#complaints.join("\n")}`);
  }
}

/** Runs a story to its end; a failure leaves a picture. */
export async function run(options, tell) {
  const story = await Story.begin(options);
  try {
    await tell(story);
  } catch (error) {
    await story.picture(`failed-${told.story}`).catch(() => undefined);
    await story.end().catch((complaints) => console.error(String(complaints)));
    throw error;
  }
  await story.end();
}

/** Fails unless both are the same. */
export function same(found, expected, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}

// An operator in a real browser: signs in, watches the overview, retries many jobs, and has axe-core look at every page. It
// says what it saw as JSON lines; a line of its input is what to do next, as JSON too: its field names one of `steps`.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [executablePath, userDataDir, url, email, password] = process.argv.slice(2);
const PATIENCE_MS = 60_000;
const SERIOUS = new Set(["serious", "critical"]);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOWN = [[390, "light"], [1440, "dark"], [390, "dark"], [1440, "light"]]; // the overview in all, others in two

const browser = await puppeteer.launch({
  executablePath,
  userDataDir,
  headless: true,
  timeout: PATIENCE_MS,
  protocolTimeout: PATIENCE_MS,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});
const page = await browser.newPage();
page.setDefaultTimeout(PATIENCE_MS);
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
page.on("console", (said) => said.type() === "error" && errors.push(said.text()));

const say = (what) => console.log(JSON.stringify(what));
const isLive = () =>
  page.waitForFunction(() => !document.body.dataset.liveAt || document.getElementById("state")?.textContent === "live");

/** What axe-core finds serious, and whether the page is wider than the window, all that can be opened being open. */
async function look(path, width, scheme) {
  await page.$$eval("details", (all) => all.forEach((each) => (each.open = true)));
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await globalThis.axe.run()).violations);
  const serious = found.filter((each) => SERIOUS.has(each.impact)).map((each) => `${each.id}: ${each.nodes[0].html}`);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  say({ path, width, scheme, serious, wider });
}

async function lookAt(path, shown) {
  for (const [width, scheme] of shown) await look(path, width, scheme);
}

const follow = (handle) => Promise.all([page.waitForNavigation(), handle.click()]);
const steps = {
  async see(text) {
    await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, text);
    say({ saw: text });
  },
  async gone(text) {
    await page.waitForFunction((wanted) => !document.body.innerText.includes(wanted), {}, text);
    say({ gone: text });
  },
  /** From a filter to the act on all that it means, by what the pages have for that. */
  async retry(path) {
    await page.goto(url + path);
    await follow(await page.waitForSelector('.acts a[href*="act=retry"]'));
    const tried = await page.$eval("main form button", (button) => button.textContent);
    await lookAt("before", SHOWN.slice(0, 2));
    await follow(await page.$("main form button"));
    say({ tried, done: await page.$eval(".done", (told) => told.textContent) });
  },
  async look(path) {
    await page.goto(url + path);
    await isLive();
    await lookAt(path, path === "/monitoring" ? SHOWN : SHOWN.slice(0, 2));
  },
};

await page.goto(`${url}/monitoring`);
await look("/monitoring/sign-in", 390, "dark");
await page.type("#email", email);
await page.keyboard.press("Tab");
await page.keyboard.type(password);
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
await isLive();
say({ live: new URL(page.url()).pathname });
for await (const line of createInterface({ input: process.stdin })) {
  const [[step, given]] = Object.entries(JSON.parse(line));
  await steps[step](given);
}
await follow(await page.$(".who form button"));
say({ out: new URL(page.url()).pathname, errors });
await browser.close();

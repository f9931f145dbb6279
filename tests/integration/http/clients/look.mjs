// An operator in a real browser: signs in, watches the overview, and has axe-core look at every page. It says what it saw
// as JSON lines; a line of its input is the text to wait for on the page that it looks at.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [executablePath, userDataDir, url, email, password, ...paths] = process.argv.slice(2);
const PATIENCE_MS = 60_000;
const SERIOUS = new Set(["serious", "critical"]);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOWN = [[390, "light"], [1440, "dark"], [390, "dark"], [1440, "light"]]; // the first page in all, others in two

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

/** What axe-core finds serious, and whether the page is wider than the window. */
async function look(path, width, scheme) {
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await globalThis.axe.run()).violations);
  const serious = found.filter((each) => SERIOUS.has(each.impact)).map((each) => `${each.id}: ${each.nodes[0].html}`);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  say({ path, width, scheme, serious, wider });
}

await page.goto(`${url}/monitoring`);
await look("/monitoring/sign-in", 390, "dark");
await page.type("#email", email);
await page.keyboard.press("Tab");
await page.keyboard.type(password);
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
await isLive();
say({ live: new URL(page.url()).pathname });
for await (const text of createInterface({ input: process.stdin })) {
  await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, text);
  say({ saw: text });
}
for (const path of paths) {
  await page.goto(url + path);
  await isLive();
  for (const [width, scheme] of SHOWN.slice(0, path === paths[0] ? 4 : 2)) await look(path, width, scheme);
}
await Promise.all([page.waitForNavigation(), page.click(".who form button")]);
say({ out: new URL(page.url()).pathname, errors });
await browser.close();

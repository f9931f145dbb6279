// A Chromium with the extension loaded, driven by JSON lines: a request {id, do, …} a line, an answer {id, value | error} a line.

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const PATIENCE_MS = 60_000;
const ON_ITS_WAY_MS = 200; // the site takes longer where the blow is to fall in the middle
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"];
const POLL_MS = 50;
let browser;
let extension = "";
let armed = Promise.resolve();

const ours = (target) => target.url().startsWith(`chrome-extension://${extension}/`);
const isWorker = (target) => target.type() === "service_worker" && ours(target);

async function newPage() {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** Press what is there. A mouse would wait for frames, which a tab that another one covers does not draw. */
async function press(page, selector) {
  await page.waitForSelector(selector);
  await page.$eval(selector, (button) => button.click());
}

const until = (page, isSo, ...given) => page.waitForFunction(isSo, { polling: POLL_MS }, ...given);

async function pageOf(path) {
  const page = await newPage();
  await page.goto(`chrome-extension://${extension}/${path}`);
  return page;
}

async function within(path, work) {
  const page = await pageOf(path);
  try {
    return await work(page);
  } finally {
    await page.close();
  }
}

/** Return the tab with this in its address. */
async function siteTab(part) {
  const target = await browser.waitForTarget((one) => one.type() === "page" && one.url().includes(part), {
    timeout: PATIENCE_MS,
  });
  return target.page();
}

const DO = {
  async launch({ executable, profile, folder, extension_id }) {
    extension = extension_id;
    browser = await puppeteer.launch({
      protocolTimeout: 2 * PATIENCE_MS,
      timeout: PATIENCE_MS,
      executablePath: executable,
      headless: true,
      pipe: true,
      userDataDir: profile,
      enableExtensions: [folder],
      args: FLAGS,
    });
    await browser.waitForTarget(isWorker, { timeout: PATIENCE_MS });
    return { pid: browser.process().pid, version: await browser.version() };
  },

  /** As a person does it: opens the site's page and presses the button with their name. */
  async sign_in({ site, login }) {
    const page = await newPage();
    await page.goto(`${site}/sign-in`);
    await press(page, `button[value="${login}"]`);
    await until(page, (name) => document.querySelector("header")?.textContent.includes(name), login);
    await page.close();
  },

  /** As a person does it: pastes the token, reads the notice, switches the plugin on. Returns what they read. */
  connect: ({ token }) =>
    within("options.html", async (page) => {
      await page.$eval("#token", (field, text) => (field.value = text), token);
      await press(page, "#connect");
      await until(page, () => document.getElementById("terms").textContent);
      const wasBlocked = await page.$eval("#switch_on", (button) => button.disabled);
      await press(page, "#read");
      await press(page, "#switch_on");
      await until(page, () => document.getElementById("accepted").textContent);
      return { notice: await page.$eval("#terms", (notice) => notice.textContent), was_blocked: wasBlocked };
    }),

  press: ({ button }) =>
    within("popup.html", async (page) => {
      await until(page, (id) => document.getElementById(id).checkVisibility(), button);
      await press(page, `#${button}`);
      await until(page, (id) => !document.getElementById(id).disabled, button);
      return page.$eval("#fault", (fault) => fault.textContent);
    }),

  state: () => within("popup.html", (page) => page.evaluate(async () => (await chrome.runtime.sendMessage({ kind: "state" })).value)),
  badge: () => within("popup.html", (page) => page.evaluate(() => chrome.action.getBadgeText({}))),

  /** End the service worker as the browser does when it likes. */
  async kill_worker() {
    const target = await browser.waitForTarget(isWorker, { timeout: PATIENCE_MS });
    const worker = await target.worker();
    await worker.close();
  },
  /** Set the service worker's time of day forward, as a machine finds it that has slept. */
  async jump({ ms }) {
    const target = await browser.waitForTarget(isWorker, { timeout: PATIENCE_MS });
    await (await target.worker()).evaluate((by) => {
      const before = Date.now;
      Date.now = () => before() + by;
    }, ms);
  },

  /** Watch for a request to the site, so that the next blow falls while it is on its way. */
  async arm({ site, part }) {
    await siteTab(`${site}/`);
    const pages = (await browser.pages()).filter((page) => page.url().startsWith(`${site}/`));
    const isIt = (request) => request.url().includes(part);
    armed = Promise.any(pages.map((page) => page.waitForRequest(isIt).then(() => page)));
    armed.catch(() => {});
  },

  /** Strike in the middle of what is watched for: end the service worker or the whole browser, close the tab, or let be. */
  async strike({ blow }) {
    const page = await armed;
    await new Promise((resolve) => setTimeout(resolve, ON_ITS_WAY_MS));
    if (blow === "worker") await DO.kill_worker();
    else if (blow === "browser") await DO.kill();
    else if (blow === "tab") await page.close();
  },

  /** As a person does it, in the tab that the extension brought to the front. */
  async answer_challenge() {
    const page = await siteTab("/challenge");
    await page.waitForSelector("#person");
    await press(page, "#person");
    await until(page, () => document.title === "My things");
  },

  async second_window({ site }) {
    const target = browser.target();
    const session = await target.createCDPSession();
    await session.send("Target.createTarget", { url: `${site}/`, newWindow: true });
  },

  async picture({ path, file, width, height, text }) {
    await within(path, async (page) => {
      await page.setViewport({ width, height, deviceScaleFactor: 2 });
      await until(page, (words) => document.body.innerText.includes(words), text);
      await page.screenshot({ path: file });
    });
  },

  async picture_of_tab({ site, file }) {
    const page = await siteTab(site);
    await page.bringToFront();
    await page.screenshot({ path: file });
  },

  /** As the platform's page does it. */
  async hand_over({ url, message }) {
    const page = await newPage();
    await page.goto(url);
    const said = await page.evaluate(
      (id, words) => new Promise((resolve) => chrome.runtime.sendMessage(id, words, resolve)), extension, message,
    );
    await page.close();
    return said;
  },

  async close() {
    await browser?.close();
    browser = undefined;
  },
  async kill() {
    const process = browser.process();
    const gone = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGKILL");
    await gone;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: what, ...more } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ id, value: (await DO[what](more)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ id, error: error.stack ?? String(error) }));
  }
}
await browser?.close().catch(() => {});

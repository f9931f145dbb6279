// A Chromium with the extension loaded, driven by JSON lines: a request {id, do, …} a line, an answer {id, value | error} a line.

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const PATIENCE_MS = 60_000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"];
let browser;
let extension = "";

const ours = (target) => target.url().startsWith(`chrome-extension://${extension}/`);
const isWorker = (target) => target.type() === "service_worker" && ours(target);

async function newPage() {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

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
    await page.click(`button[value="${login}"]`);
    await page.waitForFunction((name) => document.querySelector("header")?.textContent.includes(name), {}, login);
    await page.close();
  },

  /** As a person does it: pastes the token, reads the notice, switches the plugin on. Returns what they read. */
  connect: ({ token }) =>
    within("options.html", async (page) => {
      await page.type("#token", token);
      await page.click("#connect");
      await page.waitForFunction(() => document.getElementById("terms").textContent);
      const wasBlocked = await page.$eval("#switch_on", (button) => button.disabled);
      await page.click("#read");
      await page.click("#switch_on");
      await page.waitForFunction(() => document.getElementById("accepted").textContent);
      return { notice: await page.$eval("#terms", (notice) => notice.textContent), was_blocked: wasBlocked };
    }),

  press: ({ button }) =>
    within("popup.html", async (page) => {
      await page.waitForFunction((id) => document.getElementById(id).checkVisibility(), {}, button);
      await page.click(`#${button}`);
      await page.waitForFunction((id) => !document.getElementById(id).disabled, {}, button);
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
  /** Strike in the middle of a command: the service worker, or the whole browser. */
  async strike({ action, blow }) {
    const page = await pageOf("popup.html");
    await page.waitForFunction(
      async (wanted) => (await chrome.runtime.sendMessage({ kind: "state" })).value.doing === wanted,
      { polling: 20 },
      action,
    );
    if (blow === "worker") {
      await DO.kill_worker();
      await page.close();
    } else {
      await DO.kill();
    }
  },
  /** As a person does it, in the tab that the extension brought to the front. */
  async answer_challenge() {
    const page = await siteTab("/challenge");
    await page.waitForSelector("#person");
    await page.click("#person");
    await page.waitForFunction(() => document.title === "My things");
  },

  async second_window({ site }) {
    const target = browser.target();
    const session = await target.createCDPSession();
    await session.send("Target.createTarget", { url: `${site}/`, newWindow: true });
  },

  async picture({ path, file, width, height, text }) {
    await within(path, async (page) => {
      await page.setViewport({ width, height, deviceScaleFactor: 2 });
      await page.waitForFunction((words) => document.body.innerText.includes(words), {}, text);
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

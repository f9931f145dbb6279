// A seller in a browser: at the platform's page they ask to connect, consent at the marketplace, read how it ended, and
// go back. Arguments: Chromium, the platform, StoFlow, an access token, the marketplace, and which account allows it.

import puppeteer from "puppeteer-core";

const [executablePath = "", platform = "", stoflow = "", token = "", marketplace = "", account = ""] = process.argv.slice(2);
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--lang=fr", "--accept-lang=fr"];
const browser = await puppeteer.launch({ executablePath, args: flags });

try {
  const page = await browser.newPage();
  await page.goto(platform);
  const begun = await page.evaluate(
    async (address, bearer) => {
      const answer = await fetch(address, { headers: { Authorization: `Bearer ${bearer}` }, credentials: "include" });
      return { status: answer.status, body: await answer.json() };
    },
    `${stoflow}/api/${marketplace}/oauth/authorize?return_to=${encodeURIComponent(`${platform}/back`)}`,
    token,
  );
  if (begun.status !== 200) throw new Error(JSON.stringify(begun.body));
  await page.goto(begun.body.url);
  const [ended] = await Promise.all([page.waitForNavigation(), page.click(`button[value="${account}"]`)]);
  const said = await page.evaluate(() => ({ lang: document.documentElement.lang, text: document.body.innerText }));
  const [back] = await Promise.all([page.waitForNavigation(), page.click("a")]);
  console.log(JSON.stringify({ status: ended?.status(), ...said, back: back?.url() }));
} finally {
  await browser.close();
}

#!/usr/bin/env bash
# A page with `Referrer-Policy: no-referrer` posts its own forms, to its own server, with `Origin: null`.
#
# So a check of forms by Origin refuses the page's own ones where that policy is set, as guides to safe headers advise; and over plain
# HTTP to another machine nothing else says where a form comes from.
# Expected: `Origin` is the page's own, as the policy is about the header Referer; `Sec-Fetch-Site: same-origin` everywhere.
# Happens:  `Origin: null` (the Fetch standard has it so); `Sec-Fetch-Site` is sent only over https and to this machine.
# Seen on 2026-11-29 with Chromium 156.0.8078.108, driven by puppeteer-core 25.16.0:
#   localhost, no-referrer: Origin null, Sec-Fetch-Site same-origin
#   localhost, same-origin: Origin own, Sec-Fetch-Site same-origin
#   another name, no-referrer: Origin null, Sec-Fetch-Site undefined
#   another name, same-origin: Origin own, Sec-Fetch-Site undefined
# Needs Chromium besides (or STOFLOW_CHROMIUM, which names one), and Node 22.12 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" puppeteer-core@25.16.0 >/dev/null
cd "$folder"
cat > watch.mjs <<'NODE'
import assert from "node:assert";
import { createServer } from "node:http";
import puppeteer from "puppeteer-core";

const FORM = "<form method=post action=/posted><button>Send</button></form>";
const posted = [];
const http = createServer((request, response) => {
  if (request.method === "POST") posted.push(request.headers);
  response.writeHead(200, { "Content-Type": "text/html", "Referrer-Policy": request.url.slice(1) });
  response.end(FORM);
});
await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
const browser = await puppeteer.launch({
  executablePath: process.env.STOFLOW_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP other.example 127.0.0.1"],
});
const page = await browser.newPage();
const seen = [];
for (const name of ["localhost", "other.example"]) {
  for (const policy of ["no-referrer", "same-origin"]) {
    const origin = `http://${name}:${http.address().port}`;
    await page.goto(`${origin}/${policy}`);
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    const said = posted.at(-1);
    seen.push([said.origin === origin ? "own" : said.origin, said["sec-fetch-site"]]);
    console.log(`${name === "localhost" ? name : "another name"}, ${policy}: Origin ${seen.at(-1)[0]}, Sec-Fetch-Site ${seen.at(-1)[1]}`);
  }
}
await browser.close();
http.close();
assert.deepEqual(seen, [["null", "same-origin"], ["own", "same-origin"], ["null", undefined], ["own", undefined]], "changed");
NODE
node watch.mjs

#!/usr/bin/env bash
# react-native-sse 1.2.1 (npm): after one refused connection it never comes back; a heartbeat takes the next message.
#
# Expected: as of each EventSource: a connection that fails is tried again, "time (ms) between reconnections" after it;
#           and an event's kind is its own: what is named "heartbeat" and has no data is dropped.
# Happens:  a connection that cannot be made is told as an error, and nothing is tried again, for good: a server that is
#           away for the moment in which its clients come again has lost all of them, and so has a phone that was in a
#           tunnel. An answer of 503 is tried again. The name of an event without data is the next one's, where both
#           come at once: whoever hears messages does not hear the sale behind a heartbeat. All spaces before a text are
#           taken away. Its README has "pollingInterval" as the time between reconnections, and nothing of these.
# Seen on 2026-11-30; a server that ends its stream, with 200 ms between reconnections, is away and there again:
#   always there           asked at least 10 times in 3 s
#   says 503 for 1 s       asked at least 10 times in 3 s
#   away for 1 s           asked 1 times in 3 s
#   heard: connected, sold B-2     not heard: sold A-17, heard as a heartbeat
#   "  XL" is heard as "XL"
# Needs Node 20 or newer. It runs on the XMLHttpRequest of xmlhttprequest-ssl 4.0.0 in place of React Native's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" react-native-sse@1.2.1 xmlhttprequest-ssl@4.0.0 \
    esbuild@0.28.2 >/dev/null
cd "$folder"
node_modules/.bin/esbuild node_modules/react-native-sse/index.js --bundle --format=cjs --platform=node \
    --outfile=sse.cjs --log-level=error
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { once } = require("node:events");
const { createServer } = require("node:http");
const { setTimeout: wait } = require("node:timers/promises");

globalThis.XMLHttpRequest = require("xmlhttprequest-ssl").XMLHttpRequest;
console.warn = () => {}; // it warns of an answer without a line break
const EventSource = require("./sse.cjs").default;

const EVENTS = ["data: connected", "event: heartbeat", "data: sold A-17", "data: sold B-2", "data:   XL"];

/** How often a server is asked within 3 s that is not as it should be for the second one, and what was heard first. */
async function asked(kind) {
  let [times, wrong] = [0, false];
  const heard = { message: [], heartbeat: [] };
  const server = createServer((_, response) => {
    times += 1;
    if (wrong) return response.writeHead(503).end();
    response.writeHead(200, { "Content-Type": "text/event-stream", Connection: "close" });
    response.end(EVENTS.map((event) => `${event}\n\n`).join(""));
  }).listen(0);
  await once(server, "listening");
  const { port } = server.address();
  const source = new EventSource(`http://127.0.0.1:${port}`, { pollingInterval: 200, timeoutBeforeConnection: 0 });
  for (const type of Object.keys(heard)) source.addEventListener(type, ({ data }) => heard[type].push(data));
  const ends = wait(3000);
  while (!heard.message.length) await wait(5);
  if (kind === "says 503 for 1 s") wrong = true;
  if (kind === "away for 1 s") server.close();
  await wait(1000);
  wrong = false;
  if (!server.listening) server.listen(port);
  await ends;
  source.close();
  server.close();
  return [times, heard];
}

async function see() {
  let first;
  for (const [kind, expected] of [
    ["always there", "at least 10"],
    ["says 503 for 1 s", "at least 10"],
    ["away for 1 s", "1"],
  ]) {
    const [times, heard] = await asked(kind);
    first ??= heard;
    const said = times >= 10 ? "at least 10" : String(times);
    console.log(`${kind.padEnd(22)} asked ${said} times in 3 s`);
    assert.equal(said, expected, `changed: ${kind}`);
  }
  const [connected, sold, size] = first.message;
  const [beat] = first.heartbeat;
  console.log(`heard: ${connected}, ${sold}     not heard: ${beat}, heard as a heartbeat`);
  assert.deepEqual([connected, sold, beat], ["connected", "sold B-2", "sold A-17"], "changed: heard");
  console.log(`"  XL" is heard as "${size}"`);
  assert.equal(size, "XL", "changed: spaces");
  process.exit(0);
}

see();
NODE
node see.cjs

#!/usr/bin/env bash
# event-source-plus 0.1.15 (npm): of an event's data the last line is left.
#
# Expected: as of each EventSource: the lines of data of one event are joined by line breaks, one space behind the colon
#           is left out, and `retry` says how long to wait before the next connection.
# Happens:  each line of data takes the place of the one before: an order that a server writes in several lines, as it
#           must where there are line breaks in it, is its last line, "}" or the last line of a message. All spaces at
#           both ends are taken away. And `retry` is handed to who listens and heeded by nobody: who is told to come
#           again in three seconds does so in two milliseconds. Its README calls it an EventSource that can do more, and
#           says of data nothing, of retries "exponential backoff".
# Seen on 2026-11-30; a server that says "retry: 3000" and ends the stream after each event:
#   one line                 {"order":17,"sum":"12.50"}
#   the same in four lines   }
#   a message of two lines   by Friday, please.
#   begins with two spaces   XL
#   comes again              within 0.5 s
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" event-source-plus@0.1.15 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { once } from "node:events";
import { createServer } from "node:http";
import { EventSourcePlus } from "event-source-plus";

const order = { order: 17, sum: "12.50" };
const cases = [
  ["one line", JSON.stringify(order), '{"order":17,"sum":"12.50"}'],
  ["the same in four lines", JSON.stringify(order, null, 2), "}"],
  ["a message of two lines", "Two of them,\nby Friday, please.", "by Friday, please."],
  ["begins with two spaces", "  XL", "XL"],
];
let next = 0;
const asked = [];
const server = createServer((_, response) => {
  asked.push(performance.now());
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const lines = (cases[next++]?.[1] ?? "end").split("\n").map((line) => `data: ${line}\n`);
  response.end(`retry: 3000\n${lines.join("")}\n`);
}).listen(0);
await once(server, "listening");
const seen = [];
await new Promise((resolve) => {
  const source = new EventSourcePlus(`http://127.0.0.1:${server.address().port}`);
  const listening = source.listen({
    onMessage: ({ data }) => {
      seen.push(data);
      if (seen.length === cases.length) {
        listening.abort();
        resolve();
      }
    },
  });
});
server.close();
server.closeAllConnections();
for (const [index, [name, , expected]] of cases.entries()) {
  console.log(`${name.padEnd(24)} ${seen[index].trimEnd()}`);
  assert.equal(seen[index], expected, `changed: ${name}`);
}
const soon = asked.slice(1, cases.length).every((moment, index) => moment - asked[index] < 500);
console.log(`comes again              ${soon ? "within 0.5 s" : "later"}`);
assert(soon, "changed: retry");
NODE
node see.mjs

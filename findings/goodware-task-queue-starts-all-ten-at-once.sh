#!/usr/bin/env bash
# @goodware/task-queue 2.1.3 (npm): tasks that return what can be awaited, but is no plain promise, are not limited.
#
# Expected: it "limits the number of tasks (synchronous or asynchronous) that execute concurrently", to spare memory
#           "and database connections", and `stop` waits for those that run.
# Happens:  whether a task runs on is asked by the name of its result's class, which must be "Promise". A request of
#           superagent, a query of knex and a promise of bluebird are awaited as any other, and have other names: for
#           the queue such a task has ended when it has begun. All wait for nothing and run together, whatever `size`
#           and `workers` say, and `stop` returns while all are under way: whoever then ends the process cuts them
#           off. In an async function the same request is limited. Its README says "a Promise".
# Seen on 2026-11-30 with superagent 10.2.3, bluebird 3.7.2, knex 3.1.0; ten calls that take 0.2 s each, `size` 2; of
# knex the query is only asked for its name:
#   fetch                     at most  2 at once, 10 of 10 were done when it had stopped
#   superagent                at most 10 at once, 0 of 10 were done when it had stopped
#   superagent, async         at most  2 at once, 10 of 10 were done when it had stopped
#   bluebird                  at most 10 at once, 0 of 10 were done when it had stopped
#   a query of knex           can be awaited, its name is object
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @goodware/task-queue@2.1.3 superagent@10.2.3 \
    bluebird@3.7.2 knex@3.1.0 pg@8.16.3 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { once } from "node:events";
import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import TaskQueue from "@goodware/task-queue";
import bluebird from "bluebird";
import knex from "knex";
import superagent from "superagent";

let [now, most, done] = [0, 0, 0];
const server = http.createServer(async (request, response) => {
  now += 1;
  most = Math.max(most, now);
  await wait(200);
  now -= 1;
  done += 1;
  response.end("{}");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/`;

const readAll = async () => (await fetch(url)).text();
const calls = [
  ["fetch", readAll, 2, 10],
  ["superagent", () => superagent.get(url), 10, 0],
  ["superagent, async", async () => superagent.get(url), 2, 10],
  ["bluebird", () => bluebird.resolve(readAll()), 10, 0],
];
for (const [name, call, expectedMost, expectedDone] of calls) {
  [most, done] = [0, 0];
  const queue = new TaskQueue({ size: 2 });
  const results = [];
  for (let times = 0; times < 10; times += 1) results.push(await queue.push(call));
  await queue.stop();
  const doneThen = done;
  await Promise.all(results.map((result) => result.promise));
  const atOnce = `at most ${String(most).padStart(2)} at once`;
  console.log(`${name.padEnd(25)} ${atOnce}, ${doneThen} of 10 were done when it had stopped`);
  assert.deepEqual([most, doneThen], [expectedMost, expectedDone], `changed: ${name}`);
}
const query = knex({ client: "pg" }).select("sku").from("articles");
const name = Object.prototype.toString.call(query).slice("[object ".length, -1);
console.log(`a query of knex           ${query.then ? "can be awaited" : "cannot be awaited"}, its name is ${name}`);
assert.ok(query.then && name === "object", "changed: knex");
process.exit(0);
NODE
node see.mjs

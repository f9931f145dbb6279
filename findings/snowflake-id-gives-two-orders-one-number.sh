#!/usr/bin/env bash
# snowflake-id 1.1.0 (npm): machines 0 and 1 make the same numbers.
#
# Expected: a number has a "10 bit machine id": 0 to 1023. With a "mid which is unique to the different machines" no two
#           of them make the same number.
# Happens:  0 is taken for "not given", which is 1: the first two workers of a set that is counted from 0, as pods of a
#           StatefulSet and processes of PM2 are, make the same number whenever both make one in one millisecond. 1023
#           is machine 0. Nothing is refused. Its README has "default to 1", and nothing of 0.
# Seen on 2026-11-30; two workers, which make 20000 numbers each at the same time:
#   machines 1 and 2        in both: 0
#   machines 0 and 1        in both: more than 1000
#   the machine in a number of machine 0, 1, 42, 1022, 1023: 1, 1, 42, 1022, 0
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" snowflake-id@1.1.0 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");
const Snowflake = require("snowflake-id").default;

if (!isMainThread) {
  const snowflake = new Snowflake({ mid: workerData.mid });
  while (Date.now() < workerData.begins);
  parentPort.postMessage(Array.from({ length: 20000 }, () => snowflake.generate()));
} else {
  const numbers = (mid, begins) =>
    new Promise((resolve, reject) => {
      new Worker(__filename, { workerData: { mid, begins } }).on("message", resolve).on("error", reject);
    });
  const see = async () => {
    for (const [mids, expected] of [
      [[1, 2], false],
      [[0, 1], true],
    ]) {
      const begins = Date.now() + 500;
      const [first, second] = await Promise.all(mids.map((mid) => numbers(mid, begins)));
      assert.equal(new Set(first).size, first.length, "changed: one worker makes a number twice");
      const made = new Set(first);
      const both = second.filter((number) => made.has(number)).length;
      const said = both > 1000 ? "more than 1000" : both;
      console.log(`${`machines ${mids.join(" and ")}`.padEnd(23)} in both: ${said}`);
      assert.equal(said, expected ? "more than 1000" : 0, `changed: ${mids}`);
    }
    const mids = [0, 1, 42, 1022, 1023];
    const seen = mids.map((mid) => Number((BigInt(new Snowflake({ mid }).generate()) >> 12n) & 1023n)).join(", ");
    console.log(`the machine in a number of machine ${mids.join(", ")}: ${seen}`);
    assert.equal(seen, "1, 1, 42, 1022, 0", "changed: the machine");
  };
  see();
}
NODE
node see.cjs

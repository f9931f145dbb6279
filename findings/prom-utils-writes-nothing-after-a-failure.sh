#!/usr/bin/env bash
# prom-utils 0.17.0 (npm): after one batch that could not be written a batch queue writes no other one.
#
# Expected: `batchQueue` "calls `fn` when either `batchSize`, `batchBytes`, or `timeout` is reached"; `enqueue` rejects
#           when `fn` does, the rows stay in the queue, and are written with the next batch.
# Happens:  they stay, and the queue has as many rows as a batch has. The size is looked at with `===`, after the next
#           row has been added: it is past it for good. The timer is started where the queue is empty, which it is
#           never again. `fn` is not called any more, and `enqueue`, which waited for it until then, returns at once:
#           all seems well, while each further row is kept in memory only, until somebody calls `flush()`, or the
#           process ends. A database that was away for a second costs the rows of the whole day. Its README speaks of
#           no failure.
# Seen on 2026-11-30; a thousand rows, one after the other, a tenth of them in a batch, a timeout of 50 ms; the second
# batch fails, and 200 ms pass at the end:
#   nothing fails       10 batches, 1000 rows written, 0 in memory, 0 rejections
#   the second fails    2 batches, 100 rows written, 900 in memory, 1 rejection
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" prom-utils@0.17.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { batchQueue } from "prom-utils";

const ROWS = 1000;
const BATCH = 100;

async function written(failing) {
  let batches = 0;
  let rows = 0;
  let rejections = 0;
  const queue = batchQueue(
    async (batch) => {
      batches += 1;
      await wait(1);
      if (batches === failing) throw new Error("the database is away");
      rows += batch.length;
    },
    { batchSize: BATCH, timeout: 50 },
  );
  for (let row = 0; row < ROWS; row += 1) {
    await queue.enqueue({ row }).catch(() => (rejections += 1));
  }
  await wait(200);
  return { batches, rows, waiting: queue.length, rejections };
}

const told = ({ batches, rows, waiting, rejections: many }) =>
  `${batches} batches, ${rows} rows written, ${waiting} in memory, ${many} rejection${many === 1 ? "" : "s"}`;

for (const [name, failing, expected] of [
  ["nothing fails", 0, { batches: 10, rows: 1000, waiting: 0, rejections: 0 }],
  ["the second fails", 2, { batches: 2, rows: 100, waiting: 900, rejections: 1 }],
]) {
  const seen = await written(failing);
  console.log(`${name.padEnd(19)} ${told(seen)}`);
  assert.deepEqual(seen, expected, `changed: ${name}`);
}
NODE
node see.mjs

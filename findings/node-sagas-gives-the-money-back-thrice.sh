#!/usr/bin/env bash
# node-sagas 0.0.6 (npm): what failed is undone though it was never done, and once for each run of the saga before it.
#
# Expected: a saga that is built once is executed for each order. Where a step fails those that were done are undone, in
#           reverse, once: what was never charged is not given back.
# Happens:  a step is put down as to be undone before it is invoked: the one that fails is undone too. And what is put
#           down stays in the saga: the next `execute` goes on with the list, and a failure undoes all steps of all
#           orders that were executed before, with its own order's data. The third order, whose card was refused, is
#           given its money back three times, and its articles are put back into the stock three times. The failure
#           says that the compensation "has been completed". Its README shows one saga that is executed once, and says
#           nothing of another run, nor of the step that fails.
# Seen on 2026-11-30; orders 1, 2 and 3, of which the third one's card is refused:
#   built anew for each order    order 3: reserved, refunded, released
#   built once                   order 3: reserved, refunded, released, refunded, released, refunded, released
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" node-sagas@0.0.6 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { SagaBuilder, SagaExecutionFailed } from "node-sagas";

const done = new Map();
const note = (what) => ({ order }) => done.get(order).push(what);

function build() {
  return new SagaBuilder()
    .step("Reserve").invoke(note("reserved")).withCompensation(note("released"))
    .step("Charge").invoke(({ order }) => {
      if (order === 3) throw new Error("the card is refused");
      note("charged")({ order });
    }).withCompensation(note("refunded"))
    .build();
}

/** What is done for the third of three orders. */
async function ofTheThird(sagaOf) {
  for (const order of [1, 2, 3]) {
    done.set(order, []);
    try {
      await sagaOf().execute({ order });
    } catch (error) {
      assert.ok(error instanceof SagaExecutionFailed && order === 3, "changed: what fails");
    }
  }
  assert.deepEqual([done.get(1), done.get(2)], Array(2).fill(["reserved", "charged"]), "changed: the others");
  return done.get(3).join(", ");
}

const once = build();
for (const [name, sagaOf, expected] of [
  ["built anew for each order", build, "reserved, refunded, released"],
  ["built once", () => once, `reserved${", refunded, released".repeat(3)}`],
]) {
  const seen = await ofTheThird(sagaOf);
  console.log(`${name.padEnd(28)} order 3: ${seen}`);
  assert.equal(seen, expected, `changed: ${name}`);
}
NODE
node see.mjs

#!/usr/bin/env bash
# json-diff-ts 4.10.4 (npm): of three photos two are taken away; from its list of single changes only one is.
#
# Expected: what `atomizeChangeset` makes of a difference, so that it can be kept or sent in single changes, `unatomizeChangeset` and
#           `applyChangeset` make undone: the result is that of the difference itself.
# Happens:  the single changes name the places in a list as they were, from the first to the last, and are carried out one after the other: once
#           the first is gone the next one has moved up, and another one is removed or none. Of two photos that are taken away side by side
#           the second stays; of sizes the one that is left is there twice, with its stock: six pieces are offered of three. No error is
#           raised; a single entry, and the difference applied directly, are handled well.
# Seen on 2026-11-30, what is expected, the difference applied, and its single changes applied:
#   a b c to a b        a b         a b
#   a b c to a          a           a c
#   a b to none                     b
#   S1 M2 L3 to L3      L3          L3 L3
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" json-diff-ts@4.10.4 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { applyChangeset, atomizeChangeset, diff, unatomizeChangeset } from "json-diff-ts";

const S = { size: "S", stock: 1 };
const M = { size: "M", stock: 2 };
const L = { size: "L", stock: 3 };
const GIVEN = [
  [["a", "b", "c"], ["a", "b"], ["a", "b"]],
  [["a", "b", "c"], ["a"], ["a", "c"]],
  [["a", "b"], [], ["b"]],
  [[S, M, L], [L], [L, L]],
];

const shown = (list) => list.map((entry) => (entry.size ? entry.size + entry.stock : entry)).join(" ");

for (const [before, after, expected] of GIVEN) {
  const changes = diff({ list: before }, { list: after });
  const sent = JSON.parse(JSON.stringify(atomizeChangeset(changes)));
  const { list: direct } = applyChangeset(structuredClone({ list: before }), changes);
  const { list: single } = applyChangeset(structuredClone({ list: before }), unatomizeChangeset(sent));
  console.log(`${shown(before)} to ${shown(after) || "none"}`.padEnd(19), shown(direct).padEnd(11), shown(single));
  assert.deepEqual([direct, single], [after, expected], "changed");
}
NODE
node see.mjs

#!/usr/bin/env bash
# udsv 0.7.3 (npm): a column of F and M, for women and men, is true and false, or rather false, if the ninth row is one of F.
#
# Expected: "Schema inference and value typing", of its README: a column has a type that fits what is in it, or it is one of texts.
# Happens:  the type of a column is that of one cell, the last one of the first nine articles that is not empty; nothing asks whether the others
#           fit. "F", "N" and "Y" are booleans by themselves, and true is then only what that one's opposite is spelled like: for F it
#           is "T", so that women and men are both false, and so are "new" and "used" written as N and U. Where the cell is "no", "yes" is
#           true and "Yes" false. A number in the ninth row makes NaN of an article number that has a letter. Files of which the ninth
#           row is another are read well.
# Seen on 2026-11-30, the first two rows by the ninth:
#   for F, M        ninth M    F, M
#   for F, M        ninth F    false, false
#   gift Yes, yes   ninth no   false, true
#   sku A-17, 1042  ninth 1051 NaN, 1042
#   sku A-17, 1042  ninth B-3  A-17, 1042
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" udsv@0.7.3 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { inferSchema, initParser } from "udsv";

const GIVEN = [
  ["for", ["F", "M"], "M", ["F", "M"]],
  ["for", ["F", "M"], "F", [false, false]],
  ["gift", ["Yes", "yes"], "no", [false, true]],
  ["sku", ["A-17", "1042"], "1051", [NaN, 1042]],
  ["sku", ["A-17", "1042"], "B-3", ["A-17", "1042"]],
];

for (const [name, first, ninth, expected] of GIVEN) {
  const cells = [...first, ...Array(6).fill(first[1]), ninth];
  const csv = [`row,${name}`, ...cells.map((cell, index) => `${index + 1},${cell}`)].join("\n");
  const read = initParser(inferSchema(csv)).typedObjs(csv).map((row) => row[name]);
  const seen = read.slice(0, 2);
  console.log(`${name} ${first.join(", ")}`.padEnd(15), `ninth ${ninth}`.padEnd(10), seen.join(", "));
  assert.deepEqual(seen, expected, "changed");
}
NODE
node see.mjs

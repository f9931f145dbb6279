#!/usr/bin/env bash
# csvjson 5.1.0 (npm): in the CSV of articles with sizes the second size of one article stands in the row of the next.
#
# Expected: "JSON array to CSV": what stands in one row belongs to one article, and a quoted field comes back as the text that it is.
# Happens:  the values of each column are put one below the other, however many an article has. The second size and its stock of the first article
#           are those of the second one, whose own come in a row without a SKU; from there on each article has another one's. With one size
#           each all is well. And read with `quote`, of a title with an inch sign, which CSV doubles, what stands before it is gone.
# Seen on 2026-11-30:
#   A-17 with S 1, B-4 with L 3            A-17,S,1  B-4,L,3
#   A-17 with S 1 and M 2, B-4 with L 3    A-17,S,1  B-4,M,2  ,L,3
#   "Screen 24"" black"                    black
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" csvjson@5.1.0 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { toCSV, toObject } = require("csvjson");

const S = { size: "S", stock: 1 };
const M = { size: "M", stock: 2 };
const L = { size: "L", stock: 3 };
const GIVEN = [
  ["A-17 with S 1, B-4 with L 3", [S], ["A-17,S,1", "B-4,L,3"]],
  ["A-17 with S 1 and M 2, B-4 with L 3", [S, M], ["A-17,S,1", "B-4,M,2", ",L,3"]],
];

for (const [what, sizes, expected] of GIVEN) {
  const articles = [{ sku: "A-17", sizes }, { sku: "B-4", sizes: [L] }];
  const [header, ...rows] = toCSV(articles, { headers: "relative" }).split("\n");
  console.log(what.padEnd(38), rows.join("  "));
  assert.deepEqual([header, rows], ["sku,size,stock", expected], "changed");
}
const [article] = toObject('sku,title,stock\nA-17,"Screen 24"" black",1\n', { quote: '"' });
console.log('"Screen 24"" black"'.padEnd(38), article.title);
assert.deepEqual(article, { sku: "A-17", title: "black", stock: "1" }, "changed");
NODE
node see.cjs

#!/usr/bin/env bash
# convert-array-to-csv 2.0.0, objects-to-csv 1.3.6 (npm): of an article without a price the stock stands in the column of prices.
#
# Expected: the objects of a list need not have the same keys in the same order: a value stands below its key's name, and what is not there is empty.
# Happens:  convert-array-to-csv takes the names of the columns from the first object and the values of each other one in the order in which they
#           happen to be there. An article that has no price costs as much as there are pieces of it; one whose keys were set in another
#           order has its stock for its SKU. objects-to-csv writes one list right, and the next one, which it appends to the file, by that
#           one's own first object, below the names that stand there.
# Seen on 2026-11-30, the lines of three articles: with all keys, without a price, and in another order:
#   convert-array-to-csv       sku,price,stock  A-17,19.99,2  B-4,3   5,24.99,C-9
#   objects-to-csv             sku,price,stock  A-17,19.99,2  B-4,,3  C-9,24.99,5
#   objects-to-csv, appended   sku,price,stock  A-17,19.99,2  B-4,3   5,24.99,C-9
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" convert-array-to-csv@2.0.0 objects-to-csv@1.3.6 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const { convertArrayToCSV } = require("convert-array-to-csv");
const ObjectsToCsv = require("objects-to-csv");

const ARTICLES = [
  { sku: "A-17", price: 19.99, stock: 2 },
  { sku: "B-4", stock: 3 },
  { stock: 5, price: 24.99, sku: "C-9" },
];
const RIGHT = ["sku,price,stock", "A-17,19.99,2", "B-4,,3", "C-9,24.99,5"];
const WRONG = ["sku,price,stock", "A-17,19.99,2", "B-4,3", "5,24.99,C-9"];

function see(what, csv, expected) {
  const seen = csv.trim().split("\n");
  console.log(what.padEnd(26), seen.join("  "));
  assert.deepEqual(seen, expected, "changed");
}

async function main() {
  see("convert-array-to-csv", convertArrayToCSV(ARTICLES), WRONG);
  see("objects-to-csv", await new ObjectsToCsv(ARTICLES).toString(), RIGHT);
  for (const article of ARTICLES) await new ObjectsToCsv([article]).toDisk("articles.csv", { append: true });
  see("objects-to-csv, appended", readFileSync("articles.csv", "utf8"), WRONG);
}

main();
NODE
node see.cjs

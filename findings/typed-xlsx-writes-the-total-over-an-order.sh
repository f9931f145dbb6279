#!/usr/bin/env bash
# @chronicstone/typed-xlsx 0.2.17 (npm): the total of a table stands in the place of its last order, and a table that
# is below another takes the place of its rows, or is not there at all.
#
# Expected: "sub-rows for automatic row merging" and a "column summary", as its README says: an order with three
#           articles takes three rows, and the total comes below the last order. With `tablesPerRow` each table of a
#           sheet is there, one below the other, whole.
# Happens:  how many rows the orders take is counted for each column by itself, and the greatest number is taken: one
#           order with three articles and another with two parcels take three rows more, but two are counted. The total
#           is written where the last order is: its number and what was paid for it are gone, its article and parcel
#           stand beside the word TOTAL, and the amounts of the sheet do not come to their total. The second row of
#           tables begins below as many rows as it has itself, not as the first one has: it is written over the longer
#           tables above, and what lies outside of the width that was reckoned is not written. No error is raised;
#           where one column only has lists, and all tables are side by side, all is well.
# Seen on 2026-11-30 with xlsx-js-style 1.2.0, read by the same; three orders, then four tables, two in a row:
#   1001    A-1   P-1   30
#           A-2
#           A-3
#   1002    A-4   P-2   20
#                 P-3
#   TOTAL   A-5   P-4   60
#   of the 6, 6, 2 and 2 articles of four tables 6, 3, 2, 0 are in the file
#   with tablesPerRow 1: 6, 0, 0, 0
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" \
  @chronicstone/typed-xlsx@0.2.17 xlsx-js-style@1.2.0 deepmerge-ts@5.1.0 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { ExcelBuilder, ExcelSchemaBuilder } = require("@chronicstone/typed-xlsx");
const XLSX = require("xlsx-js-style");

const paid = (orders) => orders.reduce((sum, order) => sum + order.paid, 0);
const ORDERS = ExcelSchemaBuilder.create()
  .column("order", { key: "order", summary: [{ value: () => "TOTAL" }] })
  .column("articles", { key: "articles" })
  .column("parcels", { key: "parcels" })
  .column("paid", { key: "paid", summary: [{ value: paid }] })
  .build();
const GIVEN = [
  { order: "1001", articles: ["A-1", "A-2", "A-3"], parcels: ["P-1"], paid: 30 },
  { order: "1002", articles: ["A-4"], parcels: ["P-2", "P-3"], paid: 20 },
  { order: "1003", articles: ["A-5"], parcels: ["P-4"], paid: 10 },
];
const EXPECTED = [
  ["1001", "A-1", "P-1", 30],
  ["", "A-2", "", ""],
  ["", "A-3", "", ""],
  ["1002", "A-4", "P-2", 20],
  ["", "", "P-3", ""],
  ["TOTAL", "A-5", "P-4", 60],
];
const STOCK = ExcelSchemaBuilder.create().column("sku", { key: "sku" }).column("stock", { key: "stock" }).build();
const SHOPS = { ebay: 6, etsy: 6, vinted: 2, depop: 2 };

const rowsOf = (written) => XLSX.utils.sheet_to_json(Object.values(XLSX.read(written).Sheets)[0], { header: 1 });

function found(tablesPerRow) {
  let builder = ExcelBuilder.create().sheet("Stock", { tablesPerRow });
  for (const [shop, many] of Object.entries(SHOPS)) {
    const data = Array.from({ length: many }, (_, index) => ({ sku: `${shop}-${index + 1}`, stock: index }));
    builder = builder.addTable({ title: shop, data, schema: STOCK });
  }
  const cells = rowsOf(builder.build({ output: "buffer" })).flat();
  return Object.keys(SHOPS).map((shop) => cells.filter((cell) => String(cell).startsWith(`${shop}-`)).length);
}

const sheet = ExcelBuilder.create().sheet("Orders").addTable({ data: GIVEN, schema: ORDERS });
const [, ...seen] = rowsOf(sheet.build({ output: "buffer" })).filter((row) => row.length);
for (const row of seen) {
  console.log(row.map((cell, index) => String(cell).padEnd(index ? 5 : 7)).join(" ").trimEnd());
}
assert.deepEqual(seen, EXPECTED, "changed: orders");
const two = found(2);
console.log("of the 6, 6, 2 and 2 articles of four tables", two.join(", "), "are in the file");
assert.deepEqual(two, [6, 3, 2, 0], "changed: two tables in a row");
const one = found(1);
console.log("with tablesPerRow 1:", one.join(", "));
assert.deepEqual(one, [6, 0, 0, 0], "changed: one table in a row");
NODE
node see.cjs

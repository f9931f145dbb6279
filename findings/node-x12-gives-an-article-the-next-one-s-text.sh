#!/usr/bin/env bash
# node-x12 1.7.1 (npm): of the lines of an order, mapped with FOREACH, one that has no text or no discount takes that of
# the next one.
#
# Expected: "with `FOREACH` queries, the containing object will be coerced into an array of objects with the
#           corresponding values from the loop": an object for each line of the order (PO1), in which what the line
#           does not have is empty, as it is outside of a loop.
# Happens:  each query goes through the whole order by itself, and the n-th value that it finds is put into the n-th
#           object. What one line does not have is nothing that is found: from there on each line has the value of a
#           later one, and for the last one there is none left, so that it has the words of the query as its value. A
#           colour, a gift's text, a discount or a delivery date of one article goes to another one, and no error is
#           raised, since each object has each field.
# Seen on 2026-11-30; an order (850) of three lines, the second one without a text and the first without a discount:
#   A-1  text: red                    discount: 300
#   A-2  text: Happy birthday         discount: 500
#   A-3  text: FOREACH(PO1)=>MSG01    discount: FOREACH(PO1)=>SAC05
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" node-x12@1.7.1 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { X12Parser } = require("node-x12");

const BODY = [
  "BEG*00*SA*PO-1**20261130",
  "PO1*1*2*EA*12.50**VP*A-1",
  "MSG*red",
  "PO1*2*1*EA*9.90**VP*A-2",
  "SAC*A*C310***300",
  "PO1*3*1*EA*19.90**VP*A-3",
  "SAC*A*C310***500",
  "MSG*Happy birthday",
  "CTT*3",
];
const ORDER = [
  "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261130*1200*U*00401*000000001*0*P*>",
  "GS*PO*SENDER*RECEIVER*20261130*1200*1*X*004010",
  "ST*850*0001",
  ...BODY,
  `SE*${BODY.length + 2}*0001`,
  "GE*1*1",
  "IEA*1*000000001",
];
const MAP = { sku: "FOREACH(PO1)=>PO107", text: "FOREACH(PO1)=>MSG01", discount: "FOREACH(PO1)=>SAC05" };
const EXPECTED = [
  { sku: "A-1", text: "red", discount: "300" },
  { sku: "A-2", text: "Happy birthday", discount: "500" },
  { sku: "A-3", text: MAP.text, discount: MAP.discount },
];

const order = new X12Parser(true).parse(ORDER.map((segment) => `${segment}~\n`).join(""));
const seen = order.functionalGroups[0].transactions[0].toObject(MAP);
for (const { sku, text, discount } of seen) {
  console.log(`${sku}  text: ${text.padEnd(22)} discount: ${discount}`);
}
assert.deepEqual(seen, EXPECTED, "changed");
NODE
node see.cjs

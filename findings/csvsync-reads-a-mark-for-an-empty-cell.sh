#!/usr/bin/env bash
# csvsync 1.3.3 (npm): each empty cell of a file whose cells are quoted is a quotation mark, in a file that it wrote
# itself too.
#
# Expected: it "will properly escape .csvs during writing and correctly handle escaped fields when reading", as its
#           README says: what `stringify` wrote, with `quoteAll` or with the semicolon or the tab as `delimiter`,
#           `parse` reads as it was.
# Happens:  before a line is cut into cells, each pair of quotation marks in it is taken for an escaped one, also the
#           pair that is an empty cell: `""` is `"`. In an export that quotes all cells, as many shops write them, each
#           article without an old price has one, and who asks whether there is a discount gets yes. The case of a cell
#           that begins with an escaped mark is thought of for commas only: with the semicolon "Paris" gets a mark more
#           at each end. And the whole text is trimmed: of a file with tabs the last row loses its empty cells, and a
#           header whose first cell is empty, as pandas writes one, loses that: each value has the next column's name.
#           No error is raised.
# Seen on 2026-11-30; an article's cells as they were written by it, and as they are read again:
#   quoteAll          A-1  19.90  ""  Dress     A-1  19.90  "  Dress
#   with commas       A-1  "Paris" dress        A-1  "Paris" dress
#   with semicolons   A-1  "Paris" dress        A-1  ""Paris" dress"
#   with tabs         sku A-1, stock 7          sku 0, stock A-1
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" csvsync@1.3.3 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { parse, stringify } = require("csvsync");

const PARIS = ["A-1", '"Paris" dress'];
const GIVEN = [
  ["quoteAll", { quoteAll: true }, ["A-1", "19.90", "", "Dress"], ["A-1", "19.90", '"', "Dress"]],
  ["with commas", {}, PARIS, PARIS],
  ["with semicolons", { delimiter: ";" }, PARIS, ["A-1", '""Paris" dress"']],
];

for (const [told, options, article, expected] of GIVEN) {
  const header = article.map((_, index) => `column ${index}`);
  const [, seen] = parse(stringify([header, article], options), options);
  console.log(told.padEnd(17), article.map((cell) => cell || '""').join("  ").padEnd(25), seen.join("  "));
  assert.deepEqual(seen, expected, "changed");
}
const tabs = { delimiter: "\t" };
const written = stringify([["", "sku", "stock"], ["0", "A-1", "7"]], tabs);
const [seen] = parse(written, { ...tabs, returnObject: true });
console.log("with tabs".padEnd(17), "sku A-1, stock 7".padEnd(25), `sku ${seen.sku}, stock ${seen.stock}`);
assert.deepEqual(seen, { sku: "0", stock: "A-1" }, "changed: header");
assert.deepEqual(parse(stringify([["sku", "note"], ["A-1", ""]], tabs), tabs)[1], ["A-1"], "changed: last row");
NODE
node see.cjs

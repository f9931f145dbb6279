#!/usr/bin/env bash
# convert-excel-to-json 1.7.0 (npm): of the range A1:AD2 it reads the columns A and AA to AD, of C1:AA2 none.
#
# Expected: "define a specific Range": the cells of A1:AD2 are those of thirty columns, those of A1:Z2 of twenty-six.
# Happens:  a column is compared with the ends of the range as a text, where "B" comes behind "AD" and "AA" before "Z". As soon as one end has two
#           letters the columns B to Z are missing in each row, without an error, or all are; where none has, those behind Z are read too.
#           Of a template with more than twenty-six columns the articles come without their prices and stocks. As long as a catalogue
#           ends with column Z all is well.
# Seen on 2026-11-30, of a sheet with the columns A to AD:
#   no range    30 columns, A to AD
#   A1:AD2       5 columns, A, AA to AD
#   C1:AA2       0 columns
#   A1:Z2       30 columns, A to AD
#   B1:D2        3 columns, B to D
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" convert-excel-to-json@1.7.0 xlsx@0.18.5 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const excelToJson = require("convert-excel-to-json");
const { utils, write } = require("xlsx");

const COLUMNS = Array.from({ length: 30 }, (_, index) => utils.encode_col(index));
const GIVEN = [
  [undefined, COLUMNS],
  ["A1:AD2", ["A", "AA", "AB", "AC", "AD"]],
  ["C1:AA2", []],
  ["A1:Z2", COLUMNS],
  ["B1:D2", ["B", "C", "D"]],
];

const book = utils.book_new();
utils.book_append_sheet(book, utils.aoa_to_sheet([COLUMNS, COLUMNS]), "articles");
const source = write(book, { type: "buffer" });
for (const [range, expected] of GIVEN) {
  const rows = excelToJson(range ? { source, range } : { source }).articles;
  const seen = Object.keys(rows[0] ?? {});
  console.log((range ?? "no range").padEnd(10), String(seen.length).padStart(3), "columns", seen.join(", "));
  assert.deepEqual(seen, expected, "changed");
}
NODE
node see.cjs

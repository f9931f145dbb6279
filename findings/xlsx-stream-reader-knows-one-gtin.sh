#!/usr/bin/env bash
# xlsx-stream-reader 1.1.1, xlsx-to-json 0.3.0 (npm): the GTINs of two articles are the same, 4.00638E+12, and "Big red
# dress" is one word.
#
# Expected: a number in a cell without a format is read with all its digits, and a text whose words have two fonts as
#           it stands in the cell. By default "cells with combined formats" are formatted, says the README.
# Happens:  as soon as one cell of the workbook has a format of its own, as a price in euros, what has none is given
#           Excel's General, in which a number of twelve digits or more has six of them and an exponent. The GTINs of
#           all articles of a brand, which begin with the same digits, are one text: who reads a feed by them keeps the
#           last article, and its stock. With `formatting: false` the digits are there. xlsx-to-json does so in each
#           workbook. And a text in two fonts is kept in pieces, of which xlsx-stream-reader trims each: the spaces
#           between the words are gone. No error is raised.
# Seen on 2026-11-30 with XlsxWriter 3.3.1; a workbook of two articles, whose prices are in euros:
#                        xlsx-stream-reader       xlsx-to-json
#   4006381333931        4.00638E+12              4.00638E+12
#   4006381333948        4.00638E+12              4.00638E+12
#   739877123456         7.39877E+11              7.39877E+11
#   Big red dress        Bigreddress              Big red dress
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xlsxwriter==3.3.1
npm install --silent --no-audit --no-fund --prefix "$folder" xlsx-stream-reader@1.1.1 xlsx-to-json@0.3.0 >/dev/null
cd "$folder"
cat > write.py <<'PYTHON'
from xlsxwriter import Workbook

book = Workbook("feed.xlsx")
euros, red = book.add_format({"num_format": '#,##0.00 "€"'}), book.add_format({"font_color": "red"})
sheet = book.add_worksheet()
sheet.write_row(0, 0, ["gtin", "upc", "price", "title"])
for row, gtin in enumerate([4006381333931, 4006381333948], 1):
    sheet.write_row(row, 0, [gtin, 739877123456])
    sheet.write_number(row, 2, 19.99, euros)
    sheet.write_rich_string(row, 3, "Big ", red, "red", " dress")
book.close()
PYTHON
venv/bin/python write.py
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const fs = require("node:fs");
const StreamReader = require("xlsx-stream-reader");
const toJson = require("xlsx-to-json");

const EXPECTED = [
  ["4006381333931", "4.00638E+12", "4.00638E+12"],
  ["4006381333948", "4.00638E+12", "4.00638E+12"],
  ["739877123456", "7.39877E+11", "7.39877E+11"],
  ["Big red dress", "Bigreddress", "Big red dress"],
];

const streamed = () =>
  new Promise((resolve, reject) => {
    const rows = [];
    const reader = new StreamReader();
    reader.on("error", reject);
    reader.on("worksheet", (sheet) => {
      sheet.on("row", (row) => rows.push(row.values.slice(1)));
      sheet.process();
    });
    reader.on("end", () => resolve(rows.slice(1)));
    fs.createReadStream("feed.xlsx").pipe(reader);
  });

const converted = () =>
  new Promise((resolve, reject) => {
    toJson({ input: "feed.xlsx", output: null }, (error, rows) =>
      error ? reject(error) : resolve(rows.map(({ gtin, upc, title }) => [gtin, upc, title])),
    );
  });

const flat = ([first, second]) => [first[0], second[0], first[1], first.at(-1)];

(async () => {
  const [reader, json] = [flat(await streamed()), flat(await converted())];
  console.log("".padEnd(21) + "xlsx-stream-reader".padEnd(24), "xlsx-to-json");
  EXPECTED.forEach(([given, ...expected], place) => {
    console.log(given.padEnd(21) + String(reader[place]).padEnd(24), json[place]);
    assert.deepEqual([reader[place], json[place]], expected, "changed");
  });
})();
NODE
node see.cjs

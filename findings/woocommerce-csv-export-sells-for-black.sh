#!/usr/bin/env bash
# @woocommerce/csv-export 1.11.0 (npm, WooCommerce's): in the CSV of a table a title that begins with a sign and has an
# inch sign in it takes the price's place.
#
# Expected: "Table contents in a CSV format": a value with a comma or a quotation mark is in quotation marks, and each
#           of its own is doubled, as RFC 4180 says, and as it does with most values. What begins with a sign gets an
#           apostrophe, so that a spreadsheet does not reckon with it.
# Happens:  a value that gets the apostrophe is put in quotation marks, but its own are not doubled. The inch sign of
#           "-10% today: 5" mount, black, new" ends the text, and each comma behind it begins a column: the price is
#           "black", the stock is "new", the real ones are behind the last column. Without a comma behind it the inch
#           sign is gone, and another one is at the end. No error is raised where it is written, nor where it is read.
# Seen on 2026-11-30, as Python's csv reads it:
#   A-1   title: Dress, 38" long         price: 12.50    stock: 1
#   A-2   title: '+size dress, 38 long"  price: 12.50    stock: 2
#   A-3   title: '-10% today: 5 mount    price: black    stock: new"
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @woocommerce/csv-export@1.11.0 >/dev/null
cd "$folder"
cat > write.cjs <<'NODE'
// What it saves files with asks for a browser as soon as it is loaded.
globalThis.navigator ??= { userAgent: "" };
globalThis.self = { document: { createElementNS: () => ({}) } };
const { generateCSVDataFromTable } = require("@woocommerce/csv-export");

const ARTICLES = [
  ["A-1", 'Dress, 38" long', "12.50", 1],
  ["A-2", '+size dress, 38" long', "12.50", 2],
  ["A-3", '-10% today: 5" mount, black, new', "9.90", 3],
];
const headers = ["sku", "title", "price", "stock"].map((label) => ({ label }));
const rows = ARTICLES.map((article) => article.map((value) => ({ value, display: value })));
process.stdout.write(generateCSVDataFromTable(headers, rows));
NODE
node write.cjs > articles.csv
cat > see.py <<'PYTHON'
import csv

EXPECTED = [
    ('Dress, 38" long', "12.50", "1"),
    ("'+size dress, 38 long\"", "12.50", "2"),
    ("'-10% today: 5 mount", "black", 'new"'),
]

with open("articles.csv", encoding="utf-8", newline="") as file:
    for article, expected in zip(csv.DictReader(file), EXPECTED, strict=True):
        seen = article["title"], article["price"].strip(), article["stock"].strip()
        print(article["sku"].ljust(5), f"title: {seen[0]:<23} price: {seen[1]:<8} stock: {seen[2]}")
        assert seen == expected, "changed"
PYTHON
python3 see.py

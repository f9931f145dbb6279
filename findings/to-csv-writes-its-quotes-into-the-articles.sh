#!/usr/bin/env bash
# to-csv 0.1.1 (npm): who writes his articles to a CSV has quotation marks in their titles from then on, more with each
# file.
#
# Expected: "accepts an array of objects and converts them to CSV format": the objects are as before, and the same ones
#           give the same file again.
# Happens:  what is quoted for the file is written into the object as well: a title with a comma is in quotation marks
#           in the shop's own data, a list of tags is a text. What is saved or published after that has them, and the
#           next file quotes the quotation marks, with a backslash, which is no CSV: the title ends there, and the
#           colour behind its comma is the price. No error is raised.
# Seen on 2026-11-30, as Python's csv reads the file, and the object that it was made of:
#   first   title: Dress, red              price: 12.5        in the shop: "Dress, red"
#   second  title: \Dress                  price: red\""      in the shop: "\"Dress, red\""
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" to-csv@0.1.1 >/dev/null
cd "$folder"
cat > write.cjs <<'NODE'
const toCSV = require("to-csv");

const dress = { title: "Dress, red", price: 12.5 };
console.log(JSON.stringify([dress, dress].map((article) => [toCSV([article]), article.title])));
NODE
cat > see.py <<'PYTHON'
import csv
import io
import json
import subprocess

EXPECTED = [
    ("first", "Dress, red", "12.5", '"Dress, red"'),
    ("second", "\\Dress", 'red\\""', '"\\"Dress, red\\""'),
]

written = json.loads(subprocess.check_output(["node", "write.cjs"]))
for (text, kept), (told, *expected) in zip(written, EXPECTED, strict=True):
    (article,) = csv.DictReader(io.StringIO(text, newline=""))
    seen = [article["title"], article["price"].strip(), kept]
    print(told.ljust(7), f"title: {seen[0]:<23} price: {seen[1]:<11} in the shop: {seen[2]}")
    assert seen == expected, "changed"
PYTHON
python3 see.py

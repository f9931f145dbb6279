#!/usr/bin/env bash
# csv-merger-cleaner 1.0.0 (Python): all articles without a barcode are duplicates of the first one.
#
# Expected: "Deduplicate by single or multiple columns": rows with one value are made one; a row that has none is like
#           no other. Files with other columns are merged as they are: "Preserve all columns across files".
# Happens:  an empty cell is a value, and so is a column that a file does not have. By "ean" one article is left of all
#           that have no barcode, which is each second-hand or hand-made one; by "sku" one is left of a whole file that
#           says "SKU", or that Excel has written with semicolons. All others are "duplicates", and the file that is
#           written has nothing of them.
# Seen on 2026-11-30; five articles of two shops, deduplicated:
#   by sku, both say sku               A1 A2 A3 B1 B2    Removed 0 duplicates
#   by ean, three have none            A1 A2 B1          Removed 2 duplicates
#   by sku, the second says SKU        A1 A2 A3 B1       Removed 1 duplicates
#   by sku, one file with semicolons   A1                Removed 2 duplicates
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet csv-merger-cleaner==1.0.0 chardet==7.7.0
cd "$folder"
cat > see.py <<'PYTHON'
import re
import subprocess
import sys
from pathlib import Path

FIRST = "sku,ean,title\nA1,4006381333931,Pen\nA2,,Dress\nA3,,Hat\n"
SECOND = "sku,ean,title\nB1,5901234123457,Book\nB2,,Bag\n"


def merged(by, *files):
    names = []
    for number, text in enumerate(files):
        names.append(f"shop{number}.csv")
        Path(names[-1]).write_text(text)
    command = [f"{sys.prefix}/bin/csv-merge", "-i", *names, "--dedup", by, "-o", "merged.csv"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    kept = re.findall(r"^[AB]\d|(?<=,)[AB]\d(?=,|$)", Path("merged.csv").read_text(), re.MULTILINE)
    return " ".join(kept), re.search(r"Removed \d+ duplicates", said)[0]


for name, by, files, expected in (
    ("by sku, both say sku", "sku", (FIRST, SECOND), ("A1 A2 A3 B1 B2", "Removed 0 duplicates")),
    ("by ean, three have none", "ean", (FIRST, SECOND), ("A1 A2 B1", "Removed 2 duplicates")),
    (
        "by sku, the second says SKU",
        "sku",
        (FIRST, SECOND.replace("sku", "SKU")),
        ("A1 A2 A3 B1", "Removed 1 duplicates"),
    ),
    ("by sku, one file with semicolons", "sku", (FIRST.replace(",", ";"),), ("A1", "Removed 2 duplicates")),
):
    seen = merged(by, *files)
    print(f"{name:<34} {seen[0]:<17} {seen[1]}")
    assert seen == expected, f"changed: {name}"
PYTHON
venv/bin/python see.py

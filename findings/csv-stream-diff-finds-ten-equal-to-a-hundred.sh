#!/usr/bin/env bash
# csv-stream-diff 0.2.8 (Python): a stock of 10 and one of 100 do not differ.
#
# Expected: numbers that are written in two ways are equal, as 0 and 0.000000000 of its README, and all others differ.
# Happens:  it takes the zeros off the end of a whole number, too: 10, 100 and 1000 are all 1, 250 is 25, 1290 is 129. A
#           file in which a price has gone from 10 to 100 and a stock from 30 to 3 has no differences. So it is as it
#           comes, with nothing set. Two numbers with decimals, as 10.50 and 100.50, do differ, and 10.00 and 100.00 do
#           not.
# Seen on 2026-11-30; the same articles of two days, with the settings that it has of itself:
#   A1  price  129 -> 1290        not seen
#   A2  price  10.00 -> 100.00    not seen
#   A3  price  10.50 -> 100.50    seen
#   A4  stock  30 -> 3            not seen
#   A5  stock  31 -> 3            seen
#   matched: 5, different rows: 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet csv-stream-diff==0.2.8
cd "$folder"
cat > yesterday.csv <<'CSV'
sku,price,stock
A1,129,5
A2,10.00,5
A3,10.50,5
A4,19.90,30
A5,19.90,31
CSV
cat > today.csv <<'CSV'
sku,price,stock
A1,1290,5
A2,100.00,5
A3,100.50,5
A4,19.90,3
A5,19.90,3
CSV
cat > config.yaml <<'YAML'
files: {left: yesterday.csv, right: today.csv}
keys: {left: [sku], right: [sku]}
compare: {left: [price, stock], right: [price, stock]}
performance: {temp_directory: work}
YAML
venv/bin/csv-stream-diff --config config.yaml --workers 1 > said 2>&1 || { cat said; exit 1; }
cat > see.py <<'PYTHON'
import csv
import json


def articles(name):
    return {row["sku"]: row for row in csv.DictReader(open(name))}


before, after = articles("yesterday.csv"), articles("today.csv")
told = open("output/comparison_differences.csv").read()
seen = {}
for sku, was in before.items():
    name = next(name for name in ("price", "stock") if was[name] != after[sku][name])
    seen[sku] = sku in told
    change = f"{was[name]} -> {after[sku][name]}"
    print(f"{sku}  {name}  {change:<18} {'seen' if seen[sku] else 'not seen'}")
counts = json.load(open("output/comparison_summary.json"))["counts"]
print(f"matched: {counts['matched']}, different rows: {counts['different_rows']}")
assert seen == {"A1": False, "A2": False, "A3": True, "A4": False, "A5": True}, "changed: what is seen"
assert counts["different_rows"] == 2, "changed: the count"
PYTHON
venv/bin/python see.py

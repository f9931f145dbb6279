#!/usr/bin/env bash
# csv-diff 1.2 (Python): that an article costs more today than yesterday is not found if its title has an inch sign and a comma.
#
# Expected: two files of CSV that differ in one price differ in one price, as they do with `--format=csv`.
# Happens:  without that option it lets Python's `csv.Sniffer` guess how the fields are quoted. By the one field "Screen 24"" black, new", in which
#           the sign is doubled as CSV has it, that guesses that nothing is ever doubled; by three titles like "Rock 'n' Roll" that the
#           apostrophe is the quote. In both cases a title ends at its comma, the rest of it is the price, and the price, for which there is
#           no column left, is dropped without a word: rows that differ in it are equal. Files without such titles are compared well.
# Seen on 2026-11-30 with Python 3.11.7; what is said of A-17, which costs 19.99 yesterday and 24.99 today:
#   "Dress, red"                              price 19.99, 24.99
#   "Screen 24"" black, new"                  no difference
#   the same with --format=csv                price 19.99, 24.99
#   "Dress, red" beside three of 'n'          no difference
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet csv-diff==1.2
cd "$folder"
cat > see.py <<'PYTHON'
import json
import pathlib
import subprocess

TITLES = ["Rock 'n' Roll", "Drum 'n' Bass", "Surf 'n' Turf"]
CHANGED = [{"key": "A-17", "changes": {"price": ["19.99", "24.99"]}}]
GIVEN = [
    ('"Dress, red"', '"Dress, red"', [], [], CHANGED),
    ('"Screen 24"" black, new"', '"Screen 24"" black, new"', [], [], []),
    ("the same with --format=csv", '"Screen 24"" black, new"', [], ["--format", "csv"], CHANGED),
    ("\"Dress, red\" beside three of 'n'", '"Dress, red"', TITLES, [], []),
]

for what, title, others, options, expected in GIVEN:
    for name, price in (("yesterday", "19.99"), ("today", "24.99")):
        rows = [f"A-17,{title},{price}", *(f"B-{row},{other},9.99" for row, other in enumerate(others))]
        pathlib.Path(f"{name}.csv").write_text("\n".join(["sku,title,price", *rows, ""]))
    line = ["venv/bin/csv-diff", "yesterday.csv", "today.csv", "--key", "sku", "--json", *options]
    said = json.loads(subprocess.run(line, check=True, stdout=subprocess.PIPE).stdout)
    seen = said.pop("changed")
    told = "price " + ", ".join(seen[0]["changes"]["price"]) if seen else "no difference"
    print(f"{what:<41} {told}")
    assert seen == expected and not any(said.values()), "changed"
PYTHON
venv/bin/python see.py

#!/usr/bin/env bash
# petl 1.7.30: `conflicts` finds no conflict between two prices of an article if a row without a price stands between them.
#
# Expected: "Select rows with the same key value but differing in some other field", so that, as its documentation shows, the rows of several
#           tables that contradict one another come out together; a missing value is no conflict.
# Happens:  each row is compared with the one before it only. A row whose price is missing stands between two that differ, as those of a third
#           shop do, and both agree with it: nothing is found, or something, as the rows happen to be ordered. And of three rows the third
#           is left out if its price is that of the second, though it is not that of the first: who corrects what was found leaves one
#           shop as it was.
# Seen on 2026-11-30, the shops whose rows are selected of one article:
#   vinted 19.99, ebay 24.99                  vinted, ebay
#   vinted 19.99, etsy none, ebay 24.99       none
#   etsy none, vinted 19.99, ebay 24.99       vinted, ebay
#   vinted 19.99, ebay 24.99, etsy 24.99      vinted, ebay
#   vinted 19.99, ebay 24.99, etsy 19.99      vinted, ebay, etsy
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet petl==1.7.30
cd "$folder"
cat > see.py <<'PYTHON'
import petl

HEADER = ("sku", "shop", "price")
VINTED, EBAY, ETSY = ("A-17", "vinted", "19.99"), ("A-17", "ebay", "24.99"), ("A-17", "etsy", None)
GIVEN = [
    ([VINTED, EBAY], ["vinted", "ebay"]),
    ([VINTED, ETSY, EBAY], []),
    ([ETSY, VINTED, EBAY], ["vinted", "ebay"]),
    ([VINTED, EBAY, ("A-17", "etsy", "24.99")], ["vinted", "ebay"]),
    ([VINTED, EBAY, ("A-17", "etsy", "19.99")], ["vinted", "ebay", "etsy"]),
]

for rows, expected in GIVEN:
    _, *found = petl.conflicts([HEADER, *rows], "sku", exclude="shop")
    seen = [shop for _, shop, _ in found]
    given = ", ".join(f"{shop} {price or 'none'}" for _, shop, price in rows)
    print(f"{given:<41} {', '.join(seen) or 'none'}")
    assert seen == expected, "changed"
PYTHON
venv/bin/python see.py

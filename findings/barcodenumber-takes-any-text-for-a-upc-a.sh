#!/usr/bin/env bash
# barcodenumber 0.5.0 (Python): each text is a valid UPC-A, JAN, PZN and ISSN.
#
# Expected: `barcodes()` is "the list of barcodes that have check function", so that `check_code('upca', ...)` and the
#           others of that list say whether a number is one: of a number with a wrong digit, that it is not.
# Happens:  the functions for five of its sixteen kinds are there, and each returns True without a look at the number:
#           UPCA, JAN, PZN, ISSN and GS1. Who validates a file of articles by the kind that stands beside the number
#           takes all that is not one. The same number under the kind UPC, EAN13 or ISBN13 is looked at.
# Seen on 2026-11-30 with python-stdnum 2.2:
#   UPC      036000291453     False
#   UPCA     036000291453     True
#   UPCA     sold out         True
#   EAN13    4901234567895    False
#   JAN      4901234567895    True
#   PZN      27580890         True
#   ISSN     2049-3631        True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet barcodenumber==0.5.0 python-stdnum==2.2
cd "$folder"
cat > see.py <<'PYTHON'
import barcodenumber

GIVEN = [
    ("UPC", "036000291453", False),
    ("UPCA", "036000291453", True),
    ("UPCA", "sold out", True),
    ("EAN13", "4901234567895", False),
    ("JAN", "4901234567895", True),
    ("PZN", "27580890", True),
    ("ISSN", "2049-3631", True),
]

for kind, number, expected in GIVEN:
    assert kind in barcodenumber.barcodes(), "changed"
    seen = barcodenumber.check_code(kind, number)
    print(f"{kind:<8} {number:<16} {seen}")
    assert seen is expected, "changed"
PYTHON
venv/bin/python -W ignore see.py

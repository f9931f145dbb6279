#!/usr/bin/env bash
# facturex 0.6.4 (Python): 50 euros off a line of three are 150, ten percent off a thousand buttons are nothing, and the
# invoice that it writes fails its own check.
#
# Expected: `remise` of a line of an invoice, `{fixe: 50}` or `{pourcent: 10}`, is taken off the line: of three pieces
#           at 100 euros 250 are left, of a thousand at 5 cents 45. A price of 1.25 cents, which EN 16931 lets have as
#           many decimals as it takes (BT-146), stands in the file as it was given.
# Happens:  the discount is taken off the price of a piece, and what is left is rounded to cents: 50 euros are taken off
#           three times, 4.5 cents are 5 again. In the file, UBL or CII, each price has two decimals, while the total
#           of the line is that of the price before: 1000 times 0.01 are not 12.50. Read again, the library itself says
#           that the line is wrong, as a buyer's system would. Nothing is said when it is built, and there is no
#           warning.
# Seen on 2026-11-30 with pydantic 2.12.5; lines as they were given, their totals and what the check says of the file:
#   3 at 100                   300.00   well
#   3 at 100, 50 off           150.00   well
#   1000 at 0.05, 10 % off     50.00    well
#   100 at 0.99, 10 % off      89.00    well
#   1000 at 0.0125             12.50    FX-LINE-1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet facturex==0.6.4 pydantic==2.12.5
cd "$folder"
cat > see.py <<'PYTHON'
import re

from facturex import parse, validate
from facturex.builder import build_dict
from facturex.writers import write_ubl

SELLER = {"nom": "Boutique", "siret": "73282932000074", "tva": "auto"}
GIVEN = [
    ("3 at 100", {"quantite": 3, "prix": "100"}, "300.00", "well"),
    ("3 at 100, 50 off", {"quantite": 3, "prix": "100", "remise": {"fixe": 50}}, "150.00", "well"),
    ("1000 at 0.05, 10 % off", {"quantite": 1000, "prix": "0.05", "remise": {"pourcent": 10}}, "50.00", "well"),
    ("100 at 0.99, 10 % off", {"quantite": 100, "prix": "0.99", "remise": {"pourcent": 10}}, "89.00", "well"),
    ("1000 at 0.0125", {"quantite": 1000, "prix": "0.0125"}, "12.50", "FX-LINE-1"),
]


def address(city):
    return {"adresse": {"rue": "1 rue Haute", "code_postal": "75001", "ville": city}}


for told, line, *expected in GIVEN:
    built = build_dict(
        {
            "numero": "F-1",
            "date": "2026-11-30",
            "emetteur": {**SELLER, **address("Paris")},
            "client": {"nom": "Client", **address("Lyon")},
            "lignes": [{"designation": "Article", **line}],
        }
    )
    assert built.warnings == [], "changed: warnings"
    with open("invoice.xml", "wb") as file:
        file.write(write_ubl(built.invoice))
    said = re.findall(r"FX-LINE-\d+", validate(parse("invoice.xml")).to_text())
    seen = [str(built.invoice.effective_total_net()), *(said or ["well"])]
    print(told.ljust(26), seen[0].ljust(8), *seen[1:])
    assert seen == expected, "changed"
PYTHON
venv/bin/python -W ignore see.py

#!/usr/bin/env bash
# gsone 0.1.0 (Python): the number of a parcel, an SSCC, has nineteen digits and not eighteen, and a GTIN is called one.
#
# Expected: `get_barcode_sscc` makes an SSCC of a company's prefix and a serial number: 18 digits, an extension digit,
#           16 of prefix and serial, and the check digit of those 17. `get_barcode_gtin13` makes one of 13.
# Happens:  prefix and serial are filled up to 17 digits, of which the check digit is made, and then the extension is
#           put before them: one digit too many, and with an extension of 1 to 9 the check digit does not count it.
#           A reader takes 18 for the SSCC and cannot read the rest: the parcel is not known by its own label. A GTIN
#           comes with (00) as well, which says SSCC, and with the extension. No error is raised. An SSCC comes out
#           right if `ext=""` is given, and the extension written before the prefix.
# Seen on 2026-11-30 with biip 5.2.0 as the reader; prefix 4006381, serial 333, and extension:
#   SSCC             (00)0400638100000003331      19 digits, refused
#   SSCC, 3          (00)3400638100000003331      19 digits, refused
#   SSCC, 3 in front (00)340063810000003330       18 digits, read
#   GTIN-13          (00)04006381003339           14 digits, refused
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet gsone==0.1.0 biip==5.2.0
cd "$folder"
cat > see.py <<'PYTHON'
from biip import ParseError
from biip.gs1_messages import GS1Message
from gsone import gsone

GIVEN = [
    ("SSCC", gsone.get_barcode_sscc("4006381", "333"), "19 digits, refused"),
    ("SSCC, 3", gsone.get_barcode_sscc("4006381", "333", ext="3"), "19 digits, refused"),
    ("SSCC, 3 in front", gsone.get_barcode_sscc("34006381", "333", ext=""), "18 digits, read"),
    ("GTIN-13", gsone.get_barcode_gtin13("4006381", "333"), "14 digits, refused"),
]


def read(label):
    try:
        return GS1Message.parse_hri(label).element_strings and "read"
    except ParseError:
        return "refused"


for what, label, expected in GIVEN:
    seen = f"{len(label.removeprefix('(00)'))} digits, {read(label)}"
    print(f"{what:<16} {label:<28} {seen}")
    assert seen == expected, "changed"
PYTHON
venv/bin/python see.py

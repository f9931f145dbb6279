#!/usr/bin/env bash
# frictionless 5.21.0 takes a column of prices with a decimal comma for places on the globe.
#
# Most of Europe writes "12,50", and its spreadsheets export it so, with semicolons between the columns.
# Expected: "string", as no `decimalChar` is set, or "number".
# Happens:  `DEFAULT_FIELD_CANDIDATES` has "geopoint" (longitude, latitude) before "number", and a latitude reaches to 90: where all
#           prices end with ,00 to ,90 the column is one of places, and "1.299,00" is 1.299 degrees east. One price of "9,99" among
#           them and the same column is "string": the type hangs on what is on sale that day. Sizes "38,40" are places too.
# Seen on 2026-11-29:
#   all to ,90: ['string', 'geopoint'], read [[12.0, 50.0], [1.299, 0.0], [5.0, 0.0]], valid True
#   one ,99:    ['string', 'string'], read ['12,50', '1.299,00', '9,99'], valid True
#   sizes:      ['string', 'geopoint'], read [[36.0, 38.0], [38.0, 40.0]], valid True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet frictionless==5.21.0
cd "$folder"
venv/bin/python - <<'PYTHON'
from pathlib import Path

from frictionless import Resource


def see(name, *values):
    Path("products.csv").write_text("sku;value\n" + "".join(f"B-{number};{value}\n" for number, value in enumerate(values)))
    resource = Resource(path="products.csv")
    resource.infer()
    described = [field.type for field in resource.schema.fields]
    cells = [row["value"] for row in Resource(path="products.csv").read_rows()]
    read = [cell if isinstance(cell, str) else [float(part) for part in cell] for cell in cells]
    valid = Resource(path="products.csv").validate().valid
    print(f"{name:<11} {described}, read {read}, valid {valid}")
    return described[1], read, valid


places = [[12.0, 50.0], [1.299, 0.0], [5.0, 0.0]]
assert see("all to ,90:", "12,50", "1.299,00", "5,00") == ("geopoint", places, True), "changed: prices are no places"
texts = ["12,50", "1.299,00", "9,99"]
assert see("one ,99:", *texts) == ("string", texts, True), "changed: one price that is no place does not decide"
assert see("sizes:", "36,38", "38,40") == ("geopoint", [[36.0, 38.0], [38.0, 40.0]], True), "changed: sizes are no places"
PYTHON

#!/usr/bin/env bash
# frictionless 5.21.0 reads article numbers such as "1042_38" as whole numbers, and two articles become one.
#
# Style, underscore, size is how many shops number their articles. Table Schema (types "integer" and "number") lets digits be
# grouped only by the `groupChar` that a field names, which has no default.
# Expected: a column of such texts is described as "string", and the same text is no value of a field declared "integer" or "number".
# Happens:  `IntegerField` and `NumberField` (`create_value_reader`) leave it to Python's `int` and `Decimal`, which take one
#           underscore between digits as Python's literals do. The column is described as "integer", "1042_38" and "10423_8"
#           are both 104238, `validate` finds nothing, and a price "12_50" is 1250. Polars 2.1.0 and DuckDB 2.0.1 keep the texts.
# Seen on 2026-11-29:
#   described ['integer', 'string', 'number'], valid True
#   read      [104238, 104238, 99107], prices ['49.90', '1250', '39.90']
#   declared  integer: 1042_38 is 104238, 1042-38 is None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet frictionless==5.21.0
cd "$folder"
venv/bin/python - <<'PYTHON'
from pathlib import Path

from frictionless import Field, Resource

Path("products.csv").write_text("sku,title,price\n1042_38,Boots,49.90\n10423_8,Belt,12_50\n991_07,Scarf,39.90\n")
resource = Resource(path="products.csv")
resource.infer()
described = [field.type for field in resource.schema.fields]
valid = Resource(path="products.csv").validate().valid
print(f"described {described}, valid {valid}")
rows = [row.to_dict() for row in Resource(path="products.csv").read_rows()]
read, prices = [row["sku"] for row in rows], [str(row["price"]) for row in rows]
print(f"read      {read}, prices {prices}")
declared = Field.from_descriptor({"name": "stock", "type": "integer"})
values = {text: declared.read_cell(text)[0] for text in ("1042_38", "1042-38")}
print("declared  integer: " + ", ".join(f"{text} is {value}" for text, value in values.items()))
assert described == ["integer", "string", "number"] and valid, "changed: the article numbers are texts"
assert read == [104238, 104238, 99107] and prices == ["49.90", "1250", "39.90"], "changed: the values are read otherwise"
assert values == {"1042_38": 104238, "1042-38": None}, "changed: a declared integer takes no underscores"
PYTHON

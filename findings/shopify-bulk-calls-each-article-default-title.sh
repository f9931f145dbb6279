#!/usr/bin/env bash
# shopify-bulk 0.1.1 (Python): in the CSV of a shop each article without sizes is called "Default Title", and of two
# Japanese options one is left.
#
# Expected: "parse the nested parent/child JSONL, and flatten it into clean CSV": a row for each variant, with the
#           article's title, the options of the variant and what is in stock at each location.
# Happens:  the options are written into the row under their names in small letters, where the article's own fields
#           are already. What has no variants has in Shopify one option, "Title", of the one value "Default Title": it
#           takes the place of the name, in each such row. An option "Status", as of used things, takes the place of
#           "draft", and what was not for sale is "new". Of names only a to z and digits are kept: サイズ (size) and 色
#           (colour) are both "", so are the locations 東京 and 大阪, and the last one is left of each. Nothing is said of
#           it; the handle is right, and the total of the stock.
# Seen on 2026-11-30 with click 8.3.1; three articles as Shopify's bulk operation writes them, by `shopify-bulk
# process`: a dress without options; a used camera, a draft, with the option Status; socks of サイズ L and 色 red, three
# at 東京 and five at 大阪:
#   dress   title: Default Title
#   camera  status: As new
#   socks   L in [], red in [''], at {'inventory_location_': 5}, total 8
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet shopify-bulk==0.1.1 click==8.3.1
cd "$folder"
cat > export.py <<'PYTHON'
import json

GID = "gid://shopify"
ARTICLES = [
    ("Red dress", "ACTIVE", {"Title": "Default Title"}, {"Berlin": 1}),
    ("Used camera", "DRAFT", {"Status": "As new"}, {"Berlin": 1}),
    ("Socks", "ACTIVE", {"サイズ": "L", "色": "red"}, {"東京": 3, "大阪": 5}),
]
for number, (title, status, options, stock) in enumerate(ARTICLES, 1):
    product, variant, item = (f"{GID}/{kind}/{number}" for kind in ("Product", "ProductVariant", "InventoryItem"))
    lines = [
        {"__typename": "Product", "id": product, "title": title, "handle": f"article-{number}", "status": status},
        {
            "__typename": "ProductVariant",
            "id": variant,
            "sku": f"A-{number}",
            "price": "12.50",
            "selectedOptions": [{"name": name, "value": value} for name, value in options.items()],
            "inventoryItem": {"id": item},
            "__parentId": product,
        },
        *(
            {
                "__typename": "InventoryLevel",
                "location": {"id": f"{GID}/Location/{place}", "name": name},
                "quantities": [{"name": "available", "quantity": quantity}],
                "__parentId": item,
            }
            for place, (name, quantity) in enumerate(stock.items(), 1)
        ),
    ]
    for line in lines:
        print(json.dumps(line, ensure_ascii=False))
PYTHON
PYTHONUTF8=1 venv/bin/python export.py > export.jsonl
PYTHONUTF8=1 venv/bin/shopify-bulk process export.jsonl -o catalog.csv >/dev/null
cat > see.py <<'PYTHON'
import csv

with open("catalog.csv", encoding="utf-8-sig", newline="") as file:
    dress, camera, socks = csv.DictReader(file)
places = {name: int(value) for name, value in socks.items() if name.startswith("inventory_location_") and value}
size = [name for name, value in socks.items() if value == "L"]
colour = [name for name, value in socks.items() if value == "red"]
print("dress   title:", dress["title"])
print("camera  status:", camera["status"])
print(f"socks   L in {size}, red in {colour}, at {places}, total {socks['inventory_total']}")
assert dress["title"] == "Default Title", "changed: title"
assert camera["status"] == "As new", "changed: status"
assert (size, colour) == ([], [""]), "changed: options"
assert ([*places.values()], socks["inventory_total"]) == ([5], "8"), "changed: locations"
PYTHON
PYTHONUTF8=1 venv/bin/python see.py

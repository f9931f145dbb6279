#!/usr/bin/env bash
# bigcommerce 0.23.4 (Python, BigCommerce's): a search that finds nothing finds one, a shipment does not say what is in
# it, and who asks for pages of 50 hears the first one only.
#
# Expected: `all` with a filter is "a list", empty where nothing fits; `iterall` is an "autopaging generator that yields
#           all products from all pages"; a shipment has its `items`, the articles of an order that are in the parcel.
# Happens:  BigCommerce answers a list of nothing with 204 and no body, and of that `all` makes one object, a dict that
#           holds the connection: it is true, its length is 1, and a walk through it gives the text "_connection". Who
#           asks by SKU whether an article is there is told that it is, and never puts it up. Objects are dicts, and
#           a field that is called like a method of a dict is left out: `items` of each shipment, `values` of each
#           option. With `limit`, which is how long a page is, `iterall` ends behind the first page: of 120 orders 70
#           are never seen. No error is raised.
# Seen on 2026-11-30 with requests 2.32.5 and PyJWT 2.10.1, an adapter of the script's own in BigCommerce's place:
#   all(sku="A-1"), which is there       found: True   length 1
#   all(sku="A-2"), which is not         found: True   length 1
#   iterall() over 120 orders            120
#   iterall(limit=50) over 120 orders    50
#   a shipment of two articles           id, order_id, tracking_number
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet bigcommerce==0.23.4 requests==2.32.5 pyjwt==2.10.1
cd "$folder"
cat > see.py <<'PYTHON'
import json
from urllib.parse import parse_qsl, urlsplit

import requests
from bigcommerce.api import BigcommerceApi
from requests.adapters import BaseAdapter

SHIPMENT = {
    "id": 7,
    "order_id": 1,
    "tracking_number": "0034",
    "items": [{"order_product_id": 11, "quantity": 1}, {"order_product_id": 12, "quantity": 2}],
}


def answer(path, query):
    """What BigCommerce would say."""
    if path.endswith("/products"):
        return [{"id": 1, "sku": "A-1"}] if query["sku"] == "A-1" else []
    if path.endswith("/shipments/7"):
        return SHIPMENT
    start = (int(query.get("page", 1)) - 1) * int(query["limit"])
    return [{"id": number} for number in range(120)][start : start + int(query["limit"])]


class BigCommerce(BaseAdapter):
    def send(self, request, **_):
        address = urlsplit(request.url)
        said = answer(address.path, dict(parse_qsl(address.query)))
        response = requests.Response()
        response.status_code = 200 if said else 204
        response._content = json.dumps(said).encode() if said else b""
        response.request = request
        return response

    def close(self):
        pass


api = BigcommerceApi(client_id="app", store_hash="shop", access_token="token")
api.connection._session.mount("https://", BigCommerce())

for sku, told in (("A-1", "which is there"), ("A-2", "which is not")):
    found = api.Products.all(sku=sku)
    print(f'all(sku="{sku}"), {told}'.ljust(36), f"found: {bool(found)}   length {len(found)}")
    assert found and len(found) == 1, "changed: all"
for pages, expected in (({}, 120), ({"limit": 50}, 50)):
    seen = len([order for order in api.Orders.iterall(**pages) if "id" in order])
    given = ", ".join(f"{name}={value}" for name, value in pages.items())
    print(f"iterall({given}) over 120 orders".ljust(36), seen)
    assert seen == expected, "changed: iterall"
shipment = api.OrderShipments.get(1, 7)
names = sorted(name for name in shipment if not name.startswith("_"))
print("a shipment of two articles".ljust(36), ", ".join(names))
assert names == ["id", "order_id", "tracking_number"], "changed: shipment"
PYTHON
venv/bin/python -W ignore see.py

#!/usr/bin/env bash
# my-magento 2.2.0 (Python): of the articles "A+B" and "A B" it writes to one only, and an order of three of which one
# was paid and two were cancelled comes to nothing.
#
# Expected: `products.by_sku` gives the article with that SKU, which it makes fit for an address, and `update_stock`
#           writes its stock. `net_total` of an order's item is its "row total (incl. tax) after accounting for refunds
#           and cancellations": one of three that are 100 euros each, when the others were cancelled, is 100; one that
#           was sold for 90 with a voucher and given back whole is 0.
# Happens:  a SKU that reads otherwise when it is decoded is taken for one that is encoded already, and a plus is such a
#           sign. "A+B" is left as it is, and "A B" becomes "A+B": both articles have one address. Whichever of them the
#           shop hears in it, the stock, the price or the deletion of the other one goes to it. Where a part is
#           cancelled, as Magento does with what was not paid yet, the whole line is taken off, though
#           `net_qty_ordered` counts one: a part is never cancelled, says its code. And the line is counted without the
#           voucher, the refund with it: what was given back whole has made 10 euros.
# Seen on 2026-11-30 with requests 2.32.5; a shop of the script's own that reads a plus in an address as a space, or
# as itself; each article's stock is 1 before one of them is asked for and given 5:
#   plus is a space   by_sku("A+B").update_stock(5)   A+B: 1, A B: 5
#   plus is itself    by_sku("A B").update_stock(5)   A+B: 5, A B: 1
#   3 ordered, 1 paid, 2 cancelled     net_qty_ordered 1, net_total 0.0
#   sold for 90 of 100, given back     net_qty_ordered 0, net_total 10.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet my-magento==2.2.0 requests==2.32.5
cd "$folder"
cat > see.py <<'PYTHON'
import json
from unittest.mock import patch
from urllib.parse import unquote, unquote_plus, urlsplit

import magento
import requests
from magento.models import Order
from requests.adapters import HTTPAdapter

ITEM = {"item_id": 1, "order_id": 1, "product_type": "simple", "base_row_total_incl_tax": 300.0, "qty_ordered": 3}
PART = {**ITEM, "qty_invoiced": 1, "qty_shipped": 0, "qty_canceled": 2, "qty_refunded": 0}
BACK = {
    **ITEM,
    "qty_ordered": 1,
    "qty_canceled": 0,
    "qty_refunded": 1,
    "base_row_total_incl_tax": 100.0,
    "discount_amount": 10.0,
    "base_amount_refunded": 100.0,
    "discount_refunded": 10.0,
}


class Shop:
    def __init__(self, decode):
        self.decode = decode
        self.stock = {"A+B": 1, "A B": 1}

    def send(self, request, **_):
        """What the shop says to a request for an article, or to one that writes its stock."""
        sku, *writes = self.decode(urlsplit(request.url).path.split("/products/")[1]).split("/stockItems/")
        if writes:
            self.stock[sku] = json.loads(request.body)["stock_item"]["qty"]
        item = {"item_id": 1, "qty": self.stock[sku]}
        article = {"id": 1, "sku": sku, "name": sku, "price": 9.5, "custom_attributes": []}
        response = requests.Response()
        response.status_code = 200
        said = 1 if writes else {**article, "extension_attributes": {"stock_item": item}}
        response._content = json.dumps(said).encode()
        response.request = request
        return response


client = magento.Client("shop.test", "user", "word", token="token", user_agent="see", log_level="CRITICAL", login=False)
for told, decode, asked, expected in (
    ("plus is a space", unquote_plus, "A+B", {"A+B": 1, "A B": 5}),
    ("plus is itself", unquote, "A B", {"A+B": 5, "A B": 1}),
):
    shop = Shop(decode)
    with patch.object(HTTPAdapter, "send", lambda _, request, **given: shop.send(request, **given)):
        client.products.by_sku(asked).update_stock(5)
    stocks = ", ".join(f"{sku}: {stock}" for sku, stock in shop.stock.items())
    print(told.ljust(17), f'by_sku("{asked}").update_stock(5)  ', stocks)
    assert shop.stock == expected, "changed: SKU"
for told, given, expected in (
    ("3 ordered, 1 paid, 2 cancelled", PART, (1, 0)),
    ("sold for 90 of 100, given back", BACK, (0, 10)),
):
    (item,) = Order({"entity_id": 1, "items": [given]}, client).items
    print(told.ljust(34), f"net_qty_ordered {item.net_qty_ordered}, net_total {item.net_total}")
    assert (item.net_qty_ordered, item.net_total) == expected, "changed: total"
PYTHON
venv/bin/python -W ignore see.py

#!/usr/bin/env bash
# shipstation 0.1.3 (Python): an order's address has no country, a dress of 2 pounds weighs 2 ounces, an order that
# ShipStation has refused is taken for sent, and one that was sent is sent again with the next.
#
# Expected: an order is sent as it was put together: `ShipStationAddress` takes a `country`, as its README shows, and
#           `ShipStationWeight` "corresponds to the Weight model in ShipStation" with `units` and `value`, which are
#           grams, ounces or pounds there. `submit_orders` sends what was added, once, and fails where that fails.
# Happens:  the country is taken and not kept: no address has one. The weight of an order is the sum of its items'
#           numbers, whatever their units, and always called ounces: the label is bought for two ounces, or for 900 of
#           them where the shop weighs in grams. The answers are not looked at: a 401, a 429 or a 500 raises nothing.
#           And what was sent is kept: each later `submit_orders` sends all orders again, which are new ones there,
#           since only the number is needed, and ShipStation makes "a unique key for you on submission".
# Seen on 2026-11-30 with requests 2.32.5; what was given, and what came to a server of our own:
#   country            US, CA       none, none
#   2 pounds           2 pounds     2 ounces
#   450 g, twice       900 grams    900 ounces
#   8 oz and 1 lb      24 ounces    9 ounces
#   answered           200, 429     no error
#   then added, sent   1003         1001, 1002, 1003
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet shipstation==0.1.3 requests==2.32.5
cd "$folder"
cat > see.py <<'PYTHON'
import json
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

warnings.simplefilter("ignore", SyntaxWarning)
from shipstation.api import ShipStation, ShipStationAddress, ShipStationItem, ShipStationOrder, ShipStationWeight

ANSWERS = {"1001": 200, "1002": 429, "1003": 200}
came = []


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(ANSWERS[came[-1]["orderNumber"]])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def order(number, *weights, country="US"):
    """An order with one item of each weight, which is (how many, its units, its value)."""
    made = ShipStationOrder(order_number=number)
    made.set_status("awaiting_shipment")
    address = ShipStationAddress(name="Ann", street1="Main Street 1", city="Dover", country=country)
    made.set_shipping_address(address)
    made.set_billing_address(address)
    for many, units, value in weights:
        item = ShipStationItem(sku="A-1", name="Dress", quantity=many, unit_price=10)
        item.set_weight(ShipStationWeight(units=units, value=value))
        made.add_item(item)
    return made


server = HTTPServer(("127.0.0.1", 0), Answering)
Thread(target=server.serve_forever, daemon=True).start()
station = ShipStation(key="key", secret="secret")
station.url = f"http://127.0.0.1:{server.server_port}"

station.add_order(order("1001", (1, "pounds", 2)))
station.add_order(order("1002", (2, "grams", 450), country="CA"))
station.submit_orders()
seen = ", ".join(sent["shipTo"].get("country", "none") for sent in came)
print("country".ljust(18), "US, CA".ljust(12), seen)
assert seen == "none, none", "changed: countries"

WEIGHTS = [
    ("2 pounds", "2 pounds", came[0]["weight"], "2 ounces"),
    ("450 g, twice", "900 grams", came[1]["weight"], "900 ounces"),
    ("8 oz and 1 lb", "24 ounces", order("1", (1, "ounces", 8), (1, "pounds", 1)).as_dict()["weight"], "9 ounces"),
]
for name, given, weight, expected in WEIGHTS:
    seen = f"{weight['value']} {weight['units']}"
    print(name.ljust(18), given.ljust(12), seen)
    assert seen == expected, "changed: weight"
print("answered".ljust(18), ", ".join(str(ANSWERS[sent["orderNumber"]]) for sent in came).ljust(12), "no error")

came.clear()
station.add_order(order("1003", (1, "ounces", 5)))
station.submit_orders()
seen = ", ".join(sent["orderNumber"] for sent in came)
print("then added, sent".ljust(18), "1003".ljust(12), seen)
assert seen == "1001, 1002, 1003", "changed: sent again"
server.shutdown()
PYTHON
venv/bin/python see.py

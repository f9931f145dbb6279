#!/usr/bin/env bash
# etsyv3 0.0.7: a write that meets an expired token is sent as a GET, and looks as if it had succeeded.
#
# Etsy's access tokens are good for an hour; the library renews one when a call finds it expired, and makes the call then.
# Expected: PUT, with the new stock, after the renewal.
# Happens:  `EtsyAPI._issue_request` calls itself with the address and the query alone: method and body are the defaults again, GET
#           and none. The inventory as it was comes back with 200, in the form in which a PUT answers: once an hour a change of a
#           stock or a price is lost, and what was sold elsewhere stays for sale.
# Seen on 2026-11-29, three pieces of which two are sold elsewhere, Etsy answered by an adapter of requests 2.34.2:
#   token good:     PUT, left 1
#   token expired:  POST (renewal), GET, left 3
#   the same again: PUT, left 1
# Its pull request 28 mends this, of November 2025; 0.0.7, of 2024, is the last release.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet etsyv3==0.0.7 requests==2.34.2
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import json
from datetime import datetime, timedelta

from etsyv3 import EtsyAPI
from etsyv3.models.listing_request import UpdateListingInventoryRequest
from etsyv3.models.product import Product
from requests import Response
from requests.adapters import BaseAdapter


class Etsy(BaseAdapter):
    """Answers as Etsy does: a token to a renewal, the inventory to all else."""

    def __init__(self):
        super().__init__()
        self.inventory = {"products": [{"sku": "B-1", "property_values": [], "offerings": [{"price": 49.9, "quantity": 3}]}]}
        self.seen = []

    def send(self, request, **_):
        is_renewal = request.path_url.endswith("/oauth/token")
        if request.method == "PUT":
            self.inventory["products"] = json.loads(request.body)["products"]
        self.seen.append("POST (renewal)" if is_renewal else request.method)
        token = {"access_token": "1.new", "refresh_token": "1.next", "expires_in": 3600}
        response = Response()
        response.status_code, response.request, response.url = 200, request, request.url
        response._content = json.dumps(token if is_renewal else self.inventory).encode()
        return response

    def close(self):
        pass


def client(good_for):
    return EtsyAPI("key", "1.token", "1.refresh", datetime.utcnow() + good_for)


def sell_two_elsewhere(name, api):
    etsy = Etsy()
    api.session.mount("https://", etsy)
    left = UpdateListingInventoryRequest(products=[Product("B-1", [], [{"price": 49.9, "quantity": 1}])])
    answer = api.update_listing_inventory(1, left)
    quantity = answer["products"][0]["offerings"][0]["quantity"]
    print(f"{name:<15} {', '.join(etsy.seen)}, left {quantity}")
    return etsy.seen, quantity


late = client(timedelta(seconds=-1))
good = sell_two_elsewhere("token good:", client(timedelta(hours=1)))
expired = sell_two_elsewhere("token expired:", late)
again = sell_two_elsewhere("the same again:", late)
assert good == again == (["PUT"], 1), "changed: a write with a good token is sent otherwise"
assert expired == (["POST (renewal)", "GET"], 3), "changed: the write is made after the renewal"
PYTHON

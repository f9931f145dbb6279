#!/usr/bin/env bash
# ebay-rest 1.1.4 (Python): of a seller's articles it yields the first 200, and eBay hears neither whose commission a
# click is nor where the buyer lives.
#
# Expected: `sell_inventory_get_inventory_items` yields all articles, page by page: an offset is "automatically
#           handled". The campaign, the reference and the place of a configuration's header reach eBay as three parts of
#           one header of the Browse API.
# Happens:  after a page of 200 it asks for the offset 200, for all calls alike. For articles and offers eBay's offset
#           is a page's number, as the documentation of the very method says: there is no page 200, and what comes back
#           is nothing, which ends the walk. Who compares the stock with that believes that all others are gone; that
#           450 were there is said in the last thing that is yielded. And the three parts are joined by nothing: the
#           campaign's number goes on with the name of the next one, and the place is a part of the reference. No error
#           is raised.
# Seen on 2026-11-30 with urllib3 2.8.0, answers of the script's own in eBay's place, for 450 articles:
#   asked for          offset 0, offset 200
#   articles           200 of 450
#   X-EBAY-C-ENDUSERCTX
#     affiliateCampaignId=5338123456affiliateReferenceId=feed-7contextualLocation=country=US,zip=19406
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ebay-rest==1.1.4 urllib3==2.8.0
cd "$folder"
cat > see.py <<'PYTHON'
import io
import json
from urllib.parse import parse_qsl, urlsplit

from ebay_rest import API
from urllib3 import HTTPResponse
from urllib3.connectionpool import HTTPConnectionPool

ARTICLES = [{"sku": f"A-{number}"} for number in range(450)]
CONTEXT = "affiliateCampaignId=5338123456affiliateReferenceId=feed-7contextualLocation=country=US,zip=19406"
offsets, contexts = [], []


def said(path, query):
    """What eBay would say; its offset of articles is the number of a page."""
    if path.endswith("/token"):
        return {"access_token": "token", "token_type": "User Access Token", "expires_in": 7200}
    limit, offset = int(query["limit"]), int(query["offset"])
    if not path.endswith("/inventory_item"):
        return {"href": "/", "limit": limit, "offset": offset, "total": 0}
    offsets.append(offset)
    page = ARTICLES[offset * limit : (offset + 1) * limit]
    answer = {"href": "/", "limit": limit, "size": -(-len(ARTICLES) // limit), "total": len(ARTICLES)}
    return {**answer, "inventoryItems": page} if page else answer


def urlopen(_pool, method, url, headers=None, preload_content=True, **_):
    address = urlsplit(url)
    contexts.append((headers or {}).get("X-EBAY-C-ENDUSERCTX"))
    body = json.dumps(said(address.path, dict(parse_qsl(address.query)))).encode()
    kind = {"Content-Type": "application/json"}
    return HTTPResponse(io.BytesIO(body), kind, 200, preload_content=preload_content, request_method=method)


HTTPConnectionPool.urlopen = urlopen
ebay = API(
    application={"app_id": "app", "cert_id": "SBX-cert", "redirect_uri": "name"},
    user={
        "email_or_username": "seller",
        "password": "word",
        "scopes": ["https://api.ebay.com/oauth/api_scope/sell.inventory"],
        "refresh_token": "token",
        "refresh_token_expiry": "2046-01-01T00:00:00.000Z",
    },
    header={
        "accept_language": "en-US",
        "content_language": "en-US",
        "marketplace_id": "EBAY_US",
        "affiliate_campaign_id": "5338123456",
        "affiliate_reference_id": "feed-7",
        "country": "US",
        "zip": "19406",
    },
)

articles = [yielded["record"] for yielded in ebay.sell_inventory_get_inventory_items() if "record" in yielded]
print("asked for         ", ", ".join(f"offset {offset}" for offset in offsets))
print("articles          ", len(articles), "of", len(ARTICLES))
assert (offsets, len(articles)) == ([0, 200], 200), "changed: articles"
for _ in ebay.buy_browse_search(q="dress", limit=1):
    pass
print(f"X-EBAY-C-ENDUSERCTX\n  {contexts[-1]}")
assert contexts[-1] == CONTEXT, "changed: context"
PYTHON
venv/bin/python -W ignore see.py

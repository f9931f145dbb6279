#!/usr/bin/env bash
# basic-shopify-api 1.0.1 (Python): its asynchronous client keeps no rate, and asks again at once however long Shopify
# says to wait.
#
# Expected: "REST rate limiting", "Support for Retry-After headers", "Sync and async API calls": both clients send two
#           calls a second, and repeat one that was refused with 429 when the seconds that the answer names are over.
# Happens:  the waits of `AsyncClient` are begun and not awaited: each takes no time at all. As many calls as there
#           are leave at once, and a refused one is repeated twice within milliseconds, which Shopify refuses too:
#           `body` is None, nothing is raised, and the change of a price or a stock is lost. A test with `Client`
#           shows nothing of it; the hint is a warning that Python prints once in a process, "coroutine 'sleep' was
#           never awaited".
# Seen on 2026-11-30 with httpx 0.28.1, Shopify answered by a transport of the script's own, which refuses for 2 s
# with "Retry-After: 2.0":
#   Client       7 calls in 3 s; refused: 2 calls, changed
#   AsyncClient  7 calls in 0 s; refused: 3 calls, not changed
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet basic-shopify-api==1.0.1 httpx==0.28.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
from inspect import isawaitable
from time import monotonic

from basic_shopify_api import AsyncClient, Client, Options, Session
from httpx import MockTransport, Response

CALLS, REFUSED_S = 7, 2
PRICE = {"variant": {"id": 1, "price": "12.50"}}


class Shopify:
    """Refuses what is sent within the first seconds, and counts the calls."""

    def __init__(self, refused_s):
        self.from_ = monotonic() + refused_s
        self.calls = 0

    def __call__(self, request):
        self.calls += 1
        if monotonic() < self.from_:
            return Response(429, json={"errors": "Exceeded 2 calls per second"}, headers={"Retry-After": "2.0"})
        return Response(200, json=PRICE)


async def answer(client, *call):
    given = client.rest(*call)
    return await given if isawaitable(given) else given


async def seen(kind):
    def client(shopify):
        # A new Options each time: it keeps when calls were made.
        return kind(Session("shop.myshopify.com", password="token"), Options(), transport=MockTransport(shopify))

    begun = monotonic()
    fast = client(Shopify(0))
    for _ in range(CALLS):
        await answer(fast, "get", "/admin/api/shop.json")
    took = round(monotonic() - begun)
    shopify = Shopify(REFUSED_S)
    changed = (await answer(client(shopify), "put", "/admin/api/variants/1.json", PRICE)).body == PRICE
    told = "changed" if changed else "not changed"
    print(f"{kind.__name__:<12} {CALLS} calls in {took} s; refused: {shopify.calls} calls, {told}")
    return took, changed, shopify.calls


took, *refused = asyncio.run(seen(Client))
assert took >= 3 and refused == [True, 2], "changed: Client"
took, *refused = asyncio.run(seen(AsyncClient))
assert took < 3 and refused == [False, 3], "changed"
PYTHON

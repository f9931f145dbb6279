#!/usr/bin/env bash
# cachettl 1.0.4 (Python): the asynchronous cache does not look at arguments that are given by name.
#
# Expected: `@async_cachettl` keeps an answer for each set of arguments, as `@cachettl` does, and with `typed=True`
#           "f(3.0) and f(3) will be treated as distinct calls".
# Happens:  the key is made of the arguments that are given by place. Who writes `stock(shop="etsy", sku="A-17")` has
#           one key for all shops and articles: each call within `ttl` is given the first one's answer, and so one stock
#           is published for all. `typed` is taken and not looked at: 1 and True are one. `@cachettl` is right in both.
#           Its README has arguments by place only, and does not say that there are no others.
# Seen on 2026-11-30; the stock of three articles, asked one after the other:
#   @cachettl         by place    etsy A-17: 3   etsy B-2: 11   ebay A-17: 0
#   @cachettl         by name     etsy A-17: 3   etsy B-2: 11   ebay A-17: 0
#   @async_cachettl   by place    etsy A-17: 3   etsy B-2: 11   ebay A-17: 0
#   @async_cachettl   by name     etsy A-17: 3   etsy B-2: 3    ebay A-17: 3
#   typed=True, 1 and True        @cachettl: 1, True   @async_cachettl: 1, 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet cachettl==1.0.4
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio

from cachettl import async_cachettl, cachettl

STOCKS = {("etsy", "A-17"): 3, ("etsy", "B-2"): 11, ("ebay", "A-17"): 0}


@cachettl(ttl=600)
def stock(shop, sku):
    return STOCKS[shop, sku]


@async_cachettl(ttl=600)
async def stock_later(shop, sku):
    return STOCKS[shop, sku]


@cachettl(ttl=600, typed=True)
def same(value):
    return value


@async_cachettl(ttl=600, typed=True)
async def same_later(value):
    return value


async def ask(function, *args, **named):
    answer = function(*args, **named)
    return await answer if asyncio.iscoroutine(answer) else answer


async def see():
    right = list(STOCKS.values())
    for function, decorator, by_name, expected in (
        (stock, "@cachettl", False, right),
        (stock, "@cachettl", True, right),
        (stock_later, "@async_cachettl", False, right),
        (stock_later, "@async_cachettl", True, [3, 3, 3]),
    ):
        seen = [
            await (ask(function, shop=shop, sku=sku) if by_name else ask(function, shop, sku)) for shop, sku in STOCKS
        ]
        said = "".join(f"{f'{shop} {sku}: {many}':<15}" for (shop, sku), many in zip(STOCKS, seen))
        print(f"{decorator:<17} {'by name' if by_name else 'by place':<11} {said}".rstrip())
        assert seen == expected, f"changed: {decorator}"
        function.cache_clear()
    kept = [repr(await ask(function, value)) for function in (same, same_later) for value in (1, True)]
    print(f"typed=True, 1 and True        @cachettl: {', '.join(kept[:2])}   @async_cachettl: {', '.join(kept[2:])}")
    assert kept == ["1", "True", "1", "1"], "changed: typed"


asyncio.run(see())
PYTHON
venv/bin/python see.py

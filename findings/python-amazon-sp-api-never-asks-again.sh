#!/usr/bin/env bash
# python-amazon-sp-api 2.1.35: pages that are loaded as its documentation shows are never asked for again, and ten tries are those of all threads.
#
# Expected: "The example below will return all pages, retrying each call up to <times> times", says its documentation of a retry that is written
#           above `load_all_pages()`, as in each of its examples; and `tries` is "how often the call should be retried".
# Happens:  what is decorated so is a generator: the retry makes it, which never fails, and is over before the first page is asked for. At the
#           first throttled page the loop ends with the exception, and the orders of the pages before it have been worked on. The other
#           way round it works. And the tries are counted for the function, not for a call of it: shops that are throttled in several
#           threads at the same time use up one another's, and wait for one another's growing delays.
# Seen on 2026-11-30; of four pages the second is throttled once; each of the shops is throttled three times, with five tries:
#   throttle_retry above load_all_pages   page 1, then SellingApiRequestThrottledException
#   load_all_pages above throttle_retry   pages 1, 2, 3, 4
#   one shop                              answered at try 4
#   four shops in four threads            2 given up, after [2, 3] tries
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-amazon-sp-api==2.1.35
cd "$folder"
cat > see.py <<'PYTHON'
import threading

from sp_api.base import ApiResponse, SellingApiRequestThrottledException
from sp_api.util import load_all_pages, throttle_retry

PAGES, TRIES, THROTTLED = 4, 5, 3


def refusal():
    return SellingApiRequestThrottledException([{"code": "QuotaExceeded", "message": "You exceeded your quota"}])


def read(load):
    """The pages that a loop over them has seen, and the exception that ended it."""
    throttled = iter([True])

    def get_orders(NextToken="1"):
        if NextToken == "2" and next(throttled, False):
            raise refusal()
        page = int(NextToken)
        return ApiResponse({"Orders": [page]}, nextToken=str(page + 1) if page < PAGES else None)

    pages = []
    try:
        for page in load(get_orders)():
            pages += page.payload["Orders"]
    except SellingApiRequestThrottledException as error:
        return pages, type(error).__name__
    return pages, None


def tried(shops):
    """How often each shop was asked, and which of them were given up."""
    asked, given_up, together = dict.fromkeys(range(shops), 0), set(), threading.Barrier(shops)

    @throttle_retry(tries=TRIES, delay=0.2)
    def get_orders(shop):
        asked[shop] += 1
        if asked[shop] <= THROTTLED:
            raise refusal()

    def work(shop):
        together.wait()
        try:
            get_orders(shop)
        except SellingApiRequestThrottledException:
            given_up.add(shop)

    threads = [threading.Thread(target=work, args=(shop,)) for shop in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return asked, given_up


retry, pages = throttle_retry(delay=0.1), load_all_pages(throttle_by_seconds=0)
seen, ended = read(lambda get_orders: retry(pages(get_orders)))
print(f"throttle_retry above load_all_pages   page {seen[0]}, then {ended}")
assert (seen, ended) == ([1], "SellingApiRequestThrottledException"), "changed"
seen, ended = read(lambda get_orders: pages(retry(get_orders)))
print(f"load_all_pages above throttle_retry   pages {', '.join(map(str, seen))}")
assert (seen, ended) == ([1, 2, 3, 4], None), "changed"
asked, given_up = tried(1)
print(f"one shop                              answered at try {asked[0]}")
assert (asked, given_up) == ({0: THROTTLED + 1}, set()), "changed"
asked, given_up = tried(4)
print(f"four shops in four threads            {len(given_up)} given up, after {sorted(asked[shop] for shop in given_up)} tries")
assert given_up and all(asked[shop] <= THROTTLED for shop in given_up), "changed"
PYTHON
venv/bin/python see.py

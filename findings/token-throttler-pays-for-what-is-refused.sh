#!/usr/bin/env bash
# token-throttler 1.5.1 (Python): a call that one limit refuses is taken off the other one.
#
# Expected: with two buckets, 100 a minute and 5 a second, a call is made where both have a token, and takes one of
#           each; one that is refused takes none. `wait_time` says when to come again.
# Happens:  the buckets are asked one after the other in the order in which they were added, and each that has a token
#           gives it. Where the minute's is the first, all that the second's refuses is paid for from the minute: who
#           asks each 20 ms has made eleven calls when the minute is over for it, of 60 that both limits allow in that
#           time, and nothing goes for the rest of the minute. And the wait is rounded to whole seconds: for the last
#           half second of each it is 0, for a call that is refused. The asynchronous one asks all buckets in any order
#           and always pays. Its README has two buckets for one caller, and does not speak of an order.
# Seen on 2026-11-30; asked each 20 ms for twelve seconds:
#   the second's bucket first     at least 50 calls made, no wait
#   the minute's bucket first     fewer than 20 calls made, wait at least 40 s
#   refused, with a wait of 0     at least 10 times
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet token-throttler==1.5.1
cd "$folder"
cat > see.py <<'PYTHON'
import time

from token_throttler import TokenBucket, TokenThrottler
from token_throttler.storage import RuntimeStorage

MOST = {1: 5, 60: 100}


def throttler(*order):
    one = TokenThrottler(1, RuntimeStorage())
    for seconds in order:
        one.add_bucket("shop", TokenBucket(replenish_time=seconds, max_tokens=MOST[seconds]))
    return one


throttlers = {"second": throttler(1, 60), "minute": throttler(60, 1)}
made = dict.fromkeys(throttlers, 0)
without_wait = 0
ends = time.monotonic() + 12
while time.monotonic() < ends:
    for first, one in throttlers.items():
        if one.consume("shop"):
            made[first] += 1
        elif first == "second" and one.wait_time("shop") == 0:
            without_wait += 1
    time.sleep(0.02)
wait_s = throttlers["minute"].wait_time("shop")


def said(many, limit, at_least):
    return f"{'at least' if at_least else 'fewer than'} {limit}" if (many >= limit) == at_least else str(many)


print(f"the second's bucket first     {said(made['second'], 50, True)} calls made, no wait")
print(f"the minute's bucket first     {said(made['minute'], 20, False)} calls made, "
      f"wait {said(wait_s, 40, True)} s")
print(f"refused, with a wait of 0     {said(without_wait, 10, True)} times")
assert made["second"] >= 50, "changed: the second first"
assert made["minute"] < 20 and wait_s >= 40, "changed: the minute first"
assert without_wait >= 10, "changed: the wait"
PYTHON
venv/bin/python see.py

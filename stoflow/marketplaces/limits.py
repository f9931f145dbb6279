"""What the usual headers of a reply say of calls that are left: for how many seconds none is."""

import re
from time import time

from stoflow.domain.call import Reply
from stoflow.marketplaces.replies import bounded_s, retry_after_s

EPOCH_FROM = 1_000_000_000.0  # a larger number is a time, and no number of seconds
PART = re.compile(r"\b(r|t|remaining|reset)=(\d+)")


def rest_by_headers(reply: Reply) -> float | None:
    """Return for how long no call is left by `RateLimit`, `RateLimit-*` or `X-RateLimit-*`, else `Retry-After`."""
    rests = [_of_list(reply.headers.get("ratelimit", "")), _of_pair(reply, "ratelimit"), _of_pair(reply, "x-ratelimit")]
    return max((rest_s for rest_s in rests if rest_s is not None), default=None)


def _of_list(text: str) -> float | None:
    """Read `"day";r=0;t=30, "hour";r=5;t=9`, or as drafts had it `limit=9, remaining=0, reset=30`."""
    policies = [text] if "remaining=" in text else text.split(",")
    told = [{name: int(number) for name, number in PART.findall(each)} for each in policies]
    rests = [each.get("t", each.get("reset")) for each in told if each.get("r", each.get("remaining")) == 0]
    return max((float(rest) for rest in rests if rest is not None), default=None)


def _of_pair(reply: Reply, prefix: str) -> float | None:
    if reply.headers.get(f"{prefix}-remaining", "").strip() != "0":
        return None
    reset = reply.headers.get(f"{prefix}-reset", "").strip()
    try:
        told = float(reset)
    except ValueError:
        return retry_after_s(reply)
    return bounded_s(told - time() if told >= EPOCH_FROM else told)

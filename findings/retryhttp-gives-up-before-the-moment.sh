#!/usr/bin/env bash
# retryhttp 1.5.0 (Python): where `Retry-After` names a moment the tries are used up before it, and a moment more than
# a day ahead loses its days.
#
# Expected: a 429 is tried again at the earliest when its `Retry-After` says; both of its forms, seconds and a moment
#           (RFC 9110, 10.2.3), mean the same.
# Happens:  of the time until the moment only the `seconds` are taken, a number without the fraction and without the
#           days. A moment is a whole second, now is not: each wait ends up to a second too early, the call is
#           refused again, and what is left then is waited for zero seconds. The three tries are used up before
#           the moment has come, where a call that waited for it would have gone well. A moment 25 hours ahead, when
#           the day's quota begins, is one hour ahead, and one of a day and five seconds passes the check against
#           `wait_max` as five.
# Seen on 2026-11-30 with httpx 0.28.1, tenacity 9.1.2; the server says 429 until a moment 2.5 s ahead, and 200 then:
#   Retry-After: 3             3 s before the 2nd try, which is answered
#   Retry-After: a moment      2 s before the 2nd try, 0 s before the 3rd; given up 0.5 s before the moment
#   a moment in 25 hours       wait_max None: 1 hour
#   in 24 hours and 5 seconds  wait_max 120: 4 s
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet retryhttp==1.5.0 httpx==0.28.1 tenacity==9.1.2 pydantic==2.12.5
cd "$folder"
cat > see.py <<'PYTHON'
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from time import sleep, time
from types import SimpleNamespace

import httpx
from retryhttp import retry, wait_retry_after

AHEAD_S = 2.5


def date(moment):
    return format_datetime(datetime.fromtimestamp(moment, timezone.utc), usegmt=True)


def tried(says):
    """The times between the tries, whether it went well, and how long before the moment it ended."""
    sleep(-(time() + AHEAD_S) % 1)  # so that the moment, a whole second, is that far ahead
    moment = round(time() + AHEAD_S)
    at = []

    def answer(request):
        at.append(time())
        if at[-1] >= moment:
            return httpx.Response(200)
        return httpx.Response(429, headers={"Retry-After": says(moment)})

    @retry
    def price(client):
        client.put("https://shop.example/products/A-17").raise_for_status()

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        try:
            price(client)
        except Exception:
            went_well = False
        else:
            went_well = True
    waits = [round(later - earlier) for earlier, later in zip(at, at[1:])]
    return waits, went_well, moment - time()


def waited(ahead, **options):
    """What is waited for a moment that is so far ahead."""
    response = httpx.Response(429, headers={"Retry-After": date(time() + ahead.total_seconds())},
                              request=httpx.Request("PUT", "https://shop.example"))
    error = httpx.HTTPStatusError("429", request=response.request, response=response)
    outcome = SimpleNamespace(exception=lambda: error)
    return wait_retry_after(**options)(SimpleNamespace(outcome=outcome, attempt_number=1))


waits, went_well, _ = tried(lambda moment: "3")
print(f"Retry-After: 3             {waits[0]} s before the 2nd try, which is {'answered' if went_well else 'refused'}")
assert (waits, went_well) == ([3], True), "changed: seconds"
waits, went_well, early_s = tried(date)
print(f"Retry-After: a moment      {waits[0]} s before the 2nd try, {waits[1]} s before the 3rd; "
      f"{'answered' if went_well else 'given up'} {early_s:.1f} s before the moment")
assert (waits, went_well) == ([2, 0], False) and 0.2 < early_s < 0.8, "changed: a moment"
hours = waited(timedelta(hours=25), wait_max=None) / 3600
print(f"a moment in 25 hours       wait_max None: {hours:.1f} hours")
assert round(hours) == 1, "changed: 25 hours"
seconds = waited(timedelta(days=1, seconds=5))
print(f"in 24 hours and 5 seconds  wait_max 120: {seconds:.0f} s")
assert 3 <= seconds <= 5, "changed: 24 hours and 5 seconds"
PYTHON
venv/bin/python see.py

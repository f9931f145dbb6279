"""The simulated eBay takes so many calls a day, and a day after the first of them as many again."""

import pytest

from stoflow_sandbox.calls import Refusal
from stoflow_sandbox.ebay.quotas import DAY_S, Quota

NOON = 1_800_000_000.0


def test_what_is_used_up_is_there_again_when_it_is_reset() -> None:
    quota = Quota(limit=2)
    quota.take(NOON)
    quota.take(NOON + 3600)
    with pytest.raises(Refusal) as refused:
        quota.take(NOON + DAY_S - 60)
    assert refused.value.answer.headers["retry-after"] == "60"
    assert quota.json(NOON + DAY_S - 60)["remaining"] == 0
    quota.take(NOON + DAY_S)
    assert quota.json(NOON + DAY_S) == {
        "count": 1,
        "limit": 2,
        "remaining": 1,
        "reset": "2027-01-17T08:00:00.000Z",
        "timeWindow": DAY_S,
    }


def test_a_refused_call_is_not_counted() -> None:
    quota = Quota(limit=0)
    with pytest.raises(Refusal):
        quota.take(NOON)
    assert quota.json(NOON)["count"] == 0

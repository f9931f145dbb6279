"""A fence: what it is to those who write it down, and what comes before and after it."""

import json

import pytest

from stoflow.domain.fence import Fence


@pytest.mark.parametrize("number", [0, 1, 41])
def test_the_fence_that_follows_stood_at_this_one_before(number: int) -> None:
    fence = Fence(number)
    assert fence.next() > fence
    assert fence.next().before() == fence
    assert isinstance(fence.next().before(), Fence)


def test_messages_carry_it_as_the_number_that_it_is() -> None:
    assert json.dumps({"claims": Fence(7)}) == '{"claims": 7}'

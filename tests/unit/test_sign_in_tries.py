"""Whose guesses count together."""

import pytest

from stoflow.resources.accounts.tries import registration_tries, sign_in_tries

ANNA = "anna@example.com"


@pytest.mark.parametrize(
    ("one", "other", "same_address", "same_neighbourhood"),
    [
        ("203.0.113.7", "203.0.113.7", True, True),
        ("203.0.113.7", "::ffff:203.0.113.7", True, True),
        ("203.0.113.7", "203.0.113.8", False, True),
        ("203.0.113.7", "203.0.114.7", False, False),
        ("2001:db8:1:2::1", "2001:db8:1:2:3::4", True, True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False, True),
        ("2001:db8:1::1", "2001:db8:2::1", False, False),
        ("fe80::1%eth0", "fe80::1%eth1", True, True),
        ("", "testclient", True, True),
        ("", "203.0.113.7", False, False),
    ],
)
def test_guesses_from_one_address_and_from_one_neighbourhood_count_together(
    one: str, other: str, *, same_address: bool, same_neighbourhood: bool
) -> None:
    here, there = sign_in_tries(ANNA, one), sign_in_tries(ANNA, other)
    assert [mine == theirs for mine, theirs in zip(here, there, strict=True)] == [same_address, same_neighbourhood]
    assert (registration_tries(one) == registration_tries(other)) is same_address


def test_guesses_at_two_accounts_share_their_address_only() -> None:
    of_anna, of_bob = sign_in_tries(ANNA, "203.0.113.7"), sign_in_tries("bob@example.com", "203.0.113.7")
    assert of_anna[0] == of_bob[0]
    assert of_anna[1] != of_bob[1]

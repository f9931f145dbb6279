"""What is wrong with Redis is one sentence that names the server and what to do."""

import pytest
import redis

from stoflow.transports.health import redis_trouble


def test_a_redis_that_takes_what_is_written_has_no_trouble(redis_url: str) -> None:
    assert redis_trouble(redis_url) is None


@pytest.mark.parametrize(
    ("url", "sentence", "is_misnamed"),
    [
        ("redis://:hunter2@127.0.0.1:1/0", "Redis at 127.0.0.1:1 is not there: start it,", False),
        ("redis://:hunter2@nosuch.invalid", "Redis at nosuch.invalid:6379 is not found by that name", True),
        ("unix:///nowhere/valkey.sock", "Redis at /nowhere/valkey.sock is not there", False),
    ],
)
def test_one_that_cannot_be_reached_is_named(url: str, sentence: str, is_misnamed: bool) -> None:
    trouble = redis_trouble(url)
    assert trouble is not None
    assert trouble.sentence.startswith(sentence)
    assert trouble.is_misnamed is is_misnamed
    assert "STOFLOW_REDIS_URL" in trouble.sentence
    assert "hunter2" not in trouble.sentence


def test_a_wrong_password_or_number_or_too_little_right_is_told_as_what_waiting_does_not_mend(redis_url: str) -> None:
    place = redis_url.partition("?")[0].removeprefix("unix://")
    with redis.Redis.from_url(redis_url) as client:
        client.acl_setuser("reader", enabled=True, reset=True, passwords=["+right"], commands=["+get"], keys=["*"])
        try:
            told = [
                redis_trouble(f"unix://reader:wrong@{place}"),
                redis_trouble(f"unix://reader:right@{place}"),
                redis_trouble(f"unix://{place}?db=4711"),
            ]
        finally:
            client.acl_deluser("reader")
    assert [each.is_misnamed for each in told if each] == [True, True, True]
    words = ["takes another user or password", "lets this user do too little", "has no database of that number"]
    for trouble, word in zip(told, words, strict=True):
        assert trouble is not None
        assert word in trouble.sentence

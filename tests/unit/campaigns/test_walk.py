"""That the walk's own eyes see: which webhooks are signed as they should be."""

from email.message import Message

import pytest

from campaigns.walk.campaign import is_signed
from campaigns.walk.world import Pushed
from stoflow.domain.webhook import new_secret, signatures


@pytest.mark.parametrize(
    ("of_another", "raw", "is_right"), [(False, b"{}", True), (True, b"{}", False), (False, b"{ }", False)]
)
def test_a_webhook_is_believed_only_as_it_was_signed(*, of_another: bool, raw: bytes, is_right: bool) -> None:
    secret = new_secret()
    headers: Message[str, str] = Message()
    headers["webhook-id"], headers["webhook-timestamp"] = "msg_1", "1700000000"
    signed_by = new_secret() if of_another else secret
    headers["webhook-signature"] = signatures([signed_by], "msg_1", 1_700_000_000, "{}")
    assert is_signed(secret, Pushed(headers, raw)) is is_right

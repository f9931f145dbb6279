"""A demo's token is issued once, however many threads ask for it first."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, cast

from stoflow.cli.simulate.demo_tokens import SellerToken
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role

PATIENCE_S = 0.3


class SlowTokens:
    """Issues a first token only when a second is asked for, or nobody came for a while."""

    def __init__(self) -> None:
        self.issued = 0
        self.another_came = Event()

    def issue_access_token(self, tenant: TenantId, *, role: Role) -> str:
        self.issued += 1
        number = self.issued
        if number > 1:
            self.another_came.set()
        self.another_came.wait(PATIENCE_S)
        return f"token {number} of {tenant}" if role is Role.USER else "of more than a plugin needs"


def test_threads_that_ask_at_once_are_given_one_token(tmp_path: Path) -> None:
    tokens = SlowTokens()
    token = SellerToken(TenantId(7), cast("Any", tokens), tmp_path / "token-7")
    with ThreadPoolExecutor(4) as threads:
        given = set(threads.map(lambda _: token(), range(4)))
    assert (given, tokens.issued) == ({"token 1 of 7"}, 1)
    assert token.file.read_text("utf-8") == "token 1 of 7"

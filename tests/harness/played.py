"""What the suite plays: every marketplace there is, the example's too, and a browser that acts on the one by plugin."""

import re
from collections.abc import Callable
from pathlib import Path

from stoflow.domain.call import Answer, Call, Command, Response
from stoflow.marketplaces.registry import build_registry
from stoflow_sandbox.markets import known_markets
from stoflow_sandbox.vinted.browser import Browser
from stoflow_sandbox.vinted.commands import FetchedFile, perform
from tests.harness.installing import installed

with (
    installed("brocante"),
    installed("kiosque"),
):  # and whatever else the environment has: the suite runs over all of it
    REGISTRY = build_registry()
    MARKETS = known_markets()
PUBLISH = "publish"
PUBLISHERS = [place for place in REGISTRY.marketplaces.values() if PUBLISH in place.handlers]


def through_plugin(browser: Browser, media_root: str, *, attempt: str = "r") -> Callable[[Call], Response]:
    def photo(url: str) -> FetchedFile:
        position = re.fullmatch(r"/api/products/\d+/photos/(\d+)", url)
        assert position, url
        return FetchedFile((Path(media_root) / f"{position[1]}.jpg").read_bytes(), "image/jpeg")

    def answer(call: Call) -> Response:
        assert isinstance(call, Command)
        said = perform(
            call.action,
            call.payload,
            browser=browser,
            fetch_file=photo,
            request_id=attempt,
        )
        error = said.get("error", {})
        return Answer(
            success=said["success"],
            data=said.get("data", {}),
            error_code=error.get("code", ""),
            error_message=error.get("message", ""),
            retryable=error.get("retryable", False),
        )

    return answer

"""A seller's browser in place of the plugin in it: it does a command and answers."""

import re
from collections.abc import Callable
from pathlib import Path

from stoflow.domain.call import Answer, Call, Command, Response
from stoflow_sandbox.browsing import FetchedFile, SellerBrowser


def through_plugin(browser: SellerBrowser, media_root: str, *, attempt: str = "r") -> Callable[[Call], Response]:
    def photo(url: str) -> FetchedFile:
        position = re.fullmatch(r"/api/products/\d+/photos/(\d+)", url)
        assert position, url
        return FetchedFile((Path(media_root) / f"{position[1]}.jpg").read_bytes(), "image/jpeg")

    def answer(call: Call) -> Response:
        assert isinstance(call, Command)
        said = browser.perform(call.action, call.payload, fetch_file=photo, request_id=attempt)
        error = said.get("error", {})
        return Answer(
            success=said["success"],
            data=said.get("data", {}),
            error_code=error.get("code", ""),
            error_message=error.get("message", ""),
            retryable=error.get("retryable", False),
        )

    return answer

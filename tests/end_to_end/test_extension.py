"""The browser extension in a real Chromium: it publishes, and loses nothing when the browser ends its service worker."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from campaigns.chromium import REQUIRED, NoBrowser, chromium, install
from campaigns.extension.campaign import SHORT_JOBS, play
from campaigns.extension.scenes import SHORT


@pytest.fixture
def browser() -> None:
    """Skip where there is no Chromium, or npm cannot install, unless they are required."""
    try:
        chromium()
        install()
    except NoBrowser as reason:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(str(reason))


@pytest.mark.usefixtures("browser")
def test_a_seller_publishes_in_their_browser_whose_service_worker_is_killed() -> None:
    # Not tmp_path: each session of pytest closes the folders above it to the user as whom PostgreSQL runs.
    with TemporaryDirectory(prefix="stoflow-home-") as folder:
        report = play(Path(folder), SHORT, SHORT_JOBS)
    assert report.is_green, report
    assert report.jobs == {"completed": 2}

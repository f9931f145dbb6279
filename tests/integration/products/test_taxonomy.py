"""What eBay demands is asked once for each version of its tree, kept, and used by validation."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stoflow.cli.main import stoflow
from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError, ConfigurationError, DatabaseUnavailable, EbayError
from stoflow.marketplaces.ebay.profile import ebay_profile
from stoflow.marketplaces.ebay.taxonomy import SCOPE, TAXONOMY
from stoflow.resources.attributes.taxonomy import SiteRefreshed, refresh_site
from stoflow.settings import Settings
from stoflow.storage import taxonomy as stored
from stoflow.storage.database.session import Database
from stoflow.storage.taxonomy import REREAD_S, RETRY_S, TaxonomyCache, read_answers, save_answer
from stoflow.transports.direct.application import as_application
from stoflow.transports.direct.client import DirectClient
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.server import SandboxServer

FEW = replace(TAXONOMY, categories=lambda: ("63861", "11450", "15687"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(latency_ms=(0, 0))) as running:
        yield running


@pytest.fixture
def client() -> Iterator[DirectClient]:
    made = DirectClient(connections=2)
    yield made
    made.close()


@pytest.fixture
def asked(sandbox: SandboxServer, client: DirectClient) -> "Asked":
    profile = ebay_profile(f"{sandbox.url}/ebay", client_id="stoflow-sandbox", client_secret="stoflow-sandbox-secret")
    return Asked(as_application(client, profile, SCOPE))


class Asked:
    """Asks the sandbox, and counts; `broken_at` is the number of the call that brings no answer."""

    def __init__(self, ask: Callable[[Request], Reply]) -> None:
        self._ask = ask
        self.calls: list[str] = []
        self.broken_at = 0
        self.version = ""

    def __call__(self, request: Request) -> Reply:
        self.calls.append(request.query.get("category_id", "tree"))
        if len(self.calls) == self.broken_at:
            return Reply(500)
        reply = self._ask(request)
        if self.version and "categoryTreeVersion" in (reply.body or {}):
            reply.body["categoryTreeVersion"] = self.version
        return reply


def test_each_category_is_asked_about_once_for_a_version_of_the_tree(database: Database, asked: Asked) -> None:
    first = refresh_site(database, "ebay", FEW, "EBAY_FR", asked)
    assert first == SiteRefreshed("EBAY_FR", "138", asked=3, kept=0, absent=("11450",))
    assert asked.calls == ["tree", "63861", "11450", "15687"]

    again = refresh_site(database, "ebay", FEW, "EBAY_FR", asked)
    assert (again.asked, again.kept, again.absent) == (0, 3, ("11450",))
    assert asked.calls[4:] == ["tree"]

    asked.version = "139"
    assert refresh_site(database, "ebay", FEW, "EBAY_FR", asked).asked == 3
    assert {answer.tree_version for answer in read_answers(database, "ebay").values()} == {"139"}


def test_answers_come_back_as_they_were_kept_and_sites_apart(database: Database, asked: Asked) -> None:
    refresh_site(database, "ebay", FEW, "EBAY_US", asked)
    refresh_site(database, "ebay", replace(FEW, categories=lambda: ("63861",)), "EBAY_FR", asked)
    answers = read_answers(database, "ebay")
    assert answers["EBAY_US", "11450"] == CategoryAspects("0", "138", known=False)
    assert Aspect("Size Type", required=True, closed=True, values=("Regular", "Big & Tall")) in (
        answers["EBAY_US", "15687"].aspects
    )
    assert Aspect("Longueur", required=True) in answers["EBAY_FR", "63861"].aspects
    assert read_answers(database, "etsy") == {}


def test_a_refresh_that_broke_off_goes_on_where_it_stopped(database: Database, asked: Asked) -> None:
    asked.broken_at = 3
    with pytest.raises(EbayError, match="HTTP 500"):
        refresh_site(database, "ebay", FEW, "EBAY_FR", asked)
    assert refresh_site(database, "ebay", FEW, "EBAY_FR", asked).kept == 1
    assert asked.calls == ["tree", "63861", "11450", "tree", "11450", "15687"]


def test_a_category_nothing_is_listed_in_any_more_is_forgotten(database: Database, asked: Asked) -> None:
    refresh_site(database, "ebay", FEW, "EBAY_FR", asked)
    refresh_site(database, "ebay", replace(FEW, categories=lambda: ("63861",)), "EBAY_FR", asked)
    assert set(read_answers(database, "ebay")) == {("EBAY_FR", "63861")}


def test_the_application_needs_its_own_id_and_secret(sandbox: SandboxServer, client: DirectClient) -> None:
    with pytest.raises(ConfigurationError, match="no application at ebay"):
        as_application(client, ebay_profile(f"{sandbox.url}/ebay", client_id="", client_secret=""), SCOPE)
    with pytest.raises(APIConnectionError, match="HTTP 401"):
        as_application(client, ebay_profile(f"{sandbox.url}/ebay", client_id="other", client_secret="other"), SCOPE)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_process_reads_the_answers_now_and_then_and_goes_on_without_postgres(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    cache = TaxonomyCache(database, clock)
    assert cache.of("ebay") == {}
    answer = CategoryAspects("71", "138", aspects=(Aspect("Marque", required=True),))
    save_answer(database, "ebay", "EBAY_FR", "63861", answer)
    assert cache.of("ebay") == {}  # read a moment ago
    clock.now += REREAD_S
    assert cache.of("ebay") == {("EBAY_FR", "63861"): answer}

    def away(*_: object) -> Any:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(stored, "read_answers", away)
    clock.now += REREAD_S
    assert cache.of("ebay") == {("EBAY_FR", "63861"): answer}
    monkeypatch.undo()
    save_answer(database, "ebay", "EBAY_FR", "63861", replace(answer, tree_version="139"))
    clock.now += RETRY_S
    assert cache.of("ebay")["EBAY_FR", "63861"].tree_version == "139"


# The command


def run(settings: Settings, sandbox: SandboxServer, arguments: Sequence[str]) -> Result:
    environment = {
        "STOFLOW_HOME": str(settings.home),
        "STOFLOW_DATABASE_URL": settings.database_url,
        "STOFLOW_REDIS_URL": settings.redis_url,
        "STOFLOW_EBAY_BASE_URL": f"{sandbox.url}/ebay",
        "STOFLOW_EBAY_CLIENT_ID": "stoflow-sandbox",
        "STOFLOW_EBAY_CLIENT_SECRET": "stoflow-sandbox-secret",
    }
    return CliRunner().invoke(stoflow, ["attributes", "refresh", *arguments], env=environment)


def test_the_command_asks_one_site_or_all(settings: Settings, sandbox: SandboxServer, database: Database) -> None:
    one = run(settings, sandbox, ["--marketplace", "ebay", "--site", "EBAY_FR", "--json"])
    assert one.exit_code == 0, one.output
    (site,) = json.loads(one.stdout)["sites"]
    assert site == {
        "site": "EBAY_FR",
        "tree_version": "138",
        "asked": len(TAXONOMY.categories()),
        "kept": 0,
        "absent": [],
    }
    table = run(settings, sandbox, ["--marketplace", "ebay", "--site", "EBAY_FR"])
    assert "EBAY_FR" in table.stdout
    assert len(read_answers(database, "ebay")) == len(TAXONOMY.categories())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--marketplace", "vinted"], "cannot be asked"),
        (["--marketplace", "depop"], "Unknown marketplace: depop."),
        (["--marketplace", "ebay", "--site", "EBAY_MARS"], "not on EBAY_MARS"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(
    settings: Settings, sandbox: SandboxServer, arguments: list[str], reason: str
) -> None:
    result = run(settings, sandbox, arguments)
    assert result.exit_code == 2
    assert reason in result.stderr

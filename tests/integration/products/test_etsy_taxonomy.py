"""Etsy is asked which of our taxonomy ids it still has; what it says is kept, and an id that is gone is named."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from stoflow.cli.main import stoflow
from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import ConfigurationError, EtsyError
from stoflow.marketplaces.etsy.profile import etsy_profile
from stoflow.marketplaces.etsy.taxonomy import SITE, TAXONOMY
from stoflow.resources.attributes.taxonomy import PATIENCE, SiteRefreshed, patient, refresh_site
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.taxonomy import read_answers
from stoflow.transports.direct.application import as_application
from stoflow.transports.direct.client import DirectClient
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.server import SandboxServer
from tests.harness.official import judge_of

ROOT, FINER, GONE = "505", "558", "77"
FEW = replace(TAXONOMY, categories=lambda: (ROOT, GONE, FINER))
NODES = "/v3/application/seller-taxonomy/nodes"
SECOND_USED_UP = Reply(429, body={"error": "Exceeded per second rate limit"})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(latency_ms=(0, 0))) as running:
        yield running


@pytest.fixture
def client() -> Iterator[DirectClient]:
    made = DirectClient(connections=2)
    yield made
    made.close()


class Asked:
    """Asks the sandbox before Etsy's own judge; an id in `replies` is answered by those first, one after the other."""

    def __init__(self, sandbox: SandboxServer, client: DirectClient) -> None:
        profile = etsy_profile(
            f"{sandbox.url}/etsy", client_id="stoflow-sandbox", shared_secret="stoflow-sandbox-secret"
        )
        self._ask = as_application(client, profile, TAXONOMY.scope)
        self._judge = judge_of("etsy")
        self.calls: list[str] = []
        self.replies: dict[str, list[Reply]] = {}
        self.required: set[str] = set()

    def __call__(self, request: Request) -> Reply:
        what = request.path.removeprefix(NODES).removesuffix("/properties").strip("/") or "tree"
        self.calls.append(what)
        if self.replies.get(what):
            return self.replies[what].pop(0)
        self._judge.hear_call(request)
        reply = self._ask(request)
        for each in reply.body["results"] if what != "tree" else ():
            each["is_required"] = each["display_name"] in self.required
        self._judge.hear_response(request, reply)
        return reply


@pytest.fixture
def asked(sandbox: SandboxServer, client: DirectClient) -> Asked:
    return Asked(sandbox, client)


def test_an_id_that_etsy_no_longer_has_is_named_and_each_other_is_asked_about_once(
    database: Database, asked: Asked
) -> None:
    first = refresh_site(database, "etsy", FEW, SITE, asked)
    assert first == SiteRefreshed(SITE, first.tree_version, asked=3, kept=0, absent=(GONE,))
    assert asked.calls == ["tree", ROOT, FINER]

    again = refresh_site(database, "etsy", FEW, SITE, asked)
    assert (again.asked, again.kept, again.absent) == (0, 3, (GONE,))
    assert asked.calls[3:] == ["tree"]

    changed = {"count": 1, "results": [{"id": int(ROOT), "name": "dresses", "children": []}]}
    asked.replies["tree"] = [Reply(200, body=changed)]
    later = refresh_site(database, "etsy", FEW, SITE, asked)
    assert later.tree_version != first.tree_version
    assert (later.asked, later.absent) == (3, (GONE, FINER))


def test_what_etsy_requires_is_kept_beside_what_ebay_asks(database: Database, asked: Asked) -> None:
    asked.required = {"Size"}
    version = refresh_site(database, "etsy", FEW, SITE, asked).tree_version
    answers = read_answers(database, "etsy")
    assert answers[SITE, ROOT] == CategoryAspects(SITE, version, aspects=(Aspect("Size", required=True),))
    assert answers[SITE, GONE] == CategoryAspects(SITE, version, known=False)
    assert read_answers(database, "ebay") == {}


def test_a_refresh_that_broke_off_goes_on_where_it_stopped(database: Database, asked: Asked) -> None:
    asked.replies[FINER] = [Reply(500, body={"error": "Server Error"})]
    with pytest.raises(EtsyError, match="id 558: HTTP 500"):
        refresh_site(database, "etsy", FEW, SITE, asked)
    assert refresh_site(database, "etsy", FEW, SITE, asked).kept == 2
    assert asked.calls == ["tree", ROOT, FINER, "tree", FINER]


def test_a_second_whose_calls_are_used_up_is_waited_for(database: Database, asked: Asked) -> None:
    pauses: list[float] = []
    asked.replies[ROOT] = [SECOND_USED_UP, SECOND_USED_UP]
    refreshed = refresh_site(database, "etsy", FEW, SITE, patient(asked, TAXONOMY.pause_s, pauses.append))
    assert refreshed.absent == (GONE,)
    assert pauses == [1.0, 1.0]
    assert asked.calls == ["tree", ROOT, ROOT, ROOT, FINER]


def test_what_never_has_a_free_second_is_not_waited_for_without_end(database: Database, asked: Asked) -> None:
    pauses: list[float] = []
    asked.replies[ROOT] = [SECOND_USED_UP] * (PATIENCE + 1)
    with pytest.raises(EtsyError, match="HTTP 429"):
        refresh_site(database, "etsy", FEW, SITE, patient(asked, TAXONOMY.pause_s, pauses.append))
    assert len(pauses) == PATIENCE


@pytest.mark.parametrize(("client_id", "secret"), [("", ""), ("stoflow-sandbox", ""), ("", "stoflow-sandbox-secret")])
def test_the_application_needs_both_parts_of_its_key(
    sandbox: SandboxServer, client: DirectClient, client_id: str, secret: str
) -> None:
    profile = etsy_profile(f"{sandbox.url}/etsy", client_id=client_id, shared_secret=secret)
    with pytest.raises(ConfigurationError, match="no application at etsy"):
        as_application(client, profile, TAXONOMY.scope)


# The command


def run(settings: Settings, sandbox: SandboxServer, arguments: Sequence[str], *, secret: str = "") -> Result:
    environment = {
        "STOFLOW_HOME": str(settings.home),
        "STOFLOW_DATABASE_URL": settings.database_url,
        "STOFLOW_REDIS_URL": settings.redis_url,
        "STOFLOW_ETSY_BASE_URL": f"{sandbox.url}/etsy",
        "STOFLOW_ETSY_CLIENT_ID": "stoflow-sandbox",
        "STOFLOW_ETSY_SHARED_SECRET": secret or "stoflow-sandbox-secret",
    }
    return CliRunner().invoke(stoflow, ["attributes", "refresh", *arguments], env=environment)


def test_the_command_asks_about_every_id_of_ours_and_the_simulated_etsy_has_them_all(
    settings: Settings, sandbox: SandboxServer, database: Database
) -> None:
    ours = len(TAXONOMY.categories())
    first = run(settings, sandbox, ["--marketplace", "etsy", "--json"])
    assert first.exit_code == 0, first.output
    (site,) = json.loads(first.stdout)["sites"]
    assert site == {"site": SITE, "tree_version": site["tree_version"], "asked": ours, "kept": 0, "absent": []}
    again = run(settings, sandbox, ["--marketplace", "etsy"])
    assert again.exit_code == 0, again.output
    assert site["tree_version"] in again.stdout
    assert len(read_answers(database, "etsy")) == ours


def test_a_key_that_etsy_does_not_know_is_said(settings: Settings, sandbox: SandboxServer, database: Database) -> None:
    result = run(settings, sandbox, ["--marketplace", "etsy"], secret="another")
    assert result.exit_code == 1
    assert "Etsy did not say which ids its taxonomy has: HTTP 403." in result.stderr
    assert read_answers(database, "etsy") == {}

"""A consent asks for what the calls of an action need, by the marketplaces' own OpenAPI files."""

import pytest

from stoflow.domain.call import Request
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import build_registry
from stoflow.settings import load
from stoflow.testing.acting import Acting
from stoflow.transports.direct.consent import ALL_ACTIONS, OF_ACCOUNT, ConsentFlow
from stoflow_sandbox.etsy.consent import SCOPES
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.account import FIRST_PRODUCT, SellersAccount
from tests.harness.choosing import choices_of
from tests.harness.official import FILES, document_of, documents
from tests.harness.openapi import Document

PLACES = [place for place in build_registry(entry_points=False).marketplaces.values() if place.name in FILES]
ON_A_PRODUCT = frozenset({"publish", "update", "delete"})


@pytest.fixture
def account(
    place: Marketplace, make_site: SiteMaker, sandbox: SandboxServer, product: Product, media_root: str
) -> SellersAccount:
    return SellersAccount(place, make_site(place), sandbox, product, media_root)


def consent_of(place: Marketplace) -> ConsentFlow:
    assert place.profile is not None
    consent = place.profile(load(env_file=None)).consent
    assert consent is not None
    return consent


def scopes_of(place: Marketplace, request: Request) -> set[str]:
    """Return the scopes of which a call needs one, none where it needs none."""
    document = document_of(documents(place.name), request)
    operation = document.operation(request.method, request.path) if document else None
    assert operation is not None, request.path
    return {scope for way in operation.said.get("security", ()) for scopes in way.values() for scope in scopes}


def calls_of(account: SellersAccount, code: str) -> list[Request]:
    """Do the action, with looks, on what may be there for it; return the calls it made."""
    if code not in ON_A_PRODUCT:
        account.behave("sell", account.publish())
        account.publish(FIRST_PRODUCT + 1)
        account.judged_run(account.going(code))
        return [call for call in account.site.calls if isinstance(call, Request)]
    job = Acting(account.marketplace.handlers["publish"], account.site, account.product, account.media_root)
    if code != "publish":
        job.run()
        account.site.calls.clear()
        job = job.again(handler=account.marketplace.handlers[code])
    for task in job.tasks:
        job.do(task)
        if job.handler.step(task).look is not None:
            job.look(task)
    return [call for call in account.site.calls if isinstance(call, Request)]


@pytest.mark.parametrize(
    ("place", "code"),
    [pytest.param(place, code, id=f"{code}_{place.name}") for place in PLACES for code in place.handlers],
)
def test_a_consent_covers_every_call_of_an_action(account: SellersAccount, place: Marketplace, code: str) -> None:
    consent = consent_of(place)
    allowed = {*consent.scopes[ALL_ACTIONS], *consent.scopes[code]}
    made = calls_of(account, code)
    assert made
    needed = {f"{call.method} {call.path}": scopes_of(place, call) for call in made}
    assert {call: scopes for call, scopes in needed.items() if scopes and not scopes & allowed} == {}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_consent_covers_every_call_that_reads_the_account(account: SellersAccount, place: Marketplace) -> None:
    consent = consent_of(place)
    assert place.options is not None
    choices_of(place, account.site)
    needed = [scopes_of(place, call) for call in account.site.calls if isinstance(call, Request)]
    assert needed
    assert [scopes for scopes in needed if scopes and not scopes & set(consent.scopes[OF_ACCOUNT])] == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_consent_covers_the_question_whose_account_it_is(place: Marketplace) -> None:
    consent = consent_of(place)
    asked = Request("GET", consent.identity_path)
    assert scopes_of(place, asked) & set(consent.scopes[ALL_ACTIONS])


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_no_scope_is_asked_for_that_the_official_files_do_not_have(place: Marketplace) -> None:
    asked = {scope for scopes in consent_of(place).scopes.values() for scope in scopes}
    assert asked - {scope for document in documents(place.name) for scope in scopes_in(document)} == set()


def scopes_in(document: Document) -> set[str]:
    ways = document.root["components"]["securitySchemes"].values()
    return {scope for way in ways for flow in way.get("flows", {}).values() for scope in flow["scopes"]}


def test_the_simulated_etsy_knows_the_scopes_of_the_official_file() -> None:
    (document,) = documents("etsy")
    assert scopes_in(document) == SCOPES

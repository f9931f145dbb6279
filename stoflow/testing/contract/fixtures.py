"""What the promises are tried with: the simulated marketplaces, a seller on each, and an engine with its database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import pytest

from stoflow.cli.simulate.demo_sellers import tokens_in
from stoflow.domain.account import Account
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.product import NewProduct, Product, ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import Registry, build_registry, direct_profiles
from stoflow.settings import load
from stoflow.testing.acting import Acting, Judge, Site
from stoflow.testing.browsers import through_plugin
from stoflow.testing.declared import particulars_of
from stoflow.testing.examples import COLOURS, draw_photos
from stoflow.testing.harness import opened_harness
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.profile import DirectProfile
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.browsing import SellerBrowser, open_browsers
from stoflow_sandbox.market import Market
from stoflow_sandbox.markets import known_markets
from stoflow_sandbox.server import SandboxServer

DEADLINE_S = 10.0
TENANT = 7
SiteMaker = Callable[..., Site]
JudgeMaker = Callable[[str], Judge]


@pytest.fixture(scope="session")
def registry() -> Registry:
    return build_registry()


@pytest.fixture(scope="session")
def markets() -> Sequence[type[Market]]:
    return known_markets()


@pytest.fixture(scope="session")
def sandbox(markets: Sequence[type[Market]]) -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(latency_ms=(0.0, 0.0), markets=markets)) as server:
        yield server


@pytest.fixture(scope="session")
def profiles(
    sandbox: SandboxServer, markets: Sequence[type[Market]], registry: Registry
) -> Mapping[str, DirectProfile]:
    return profiles_before(sandbox.url, markets, registry)


def profiles_before(url: str, markets: Sequence[type[Market]], registry: Registry) -> Mapping[str, DirectProfile]:
    """Return how each directly called marketplace is called, as the settings of a demo have it."""
    with pytest.MonkeyPatch.context() as environment:
        for market in markets:
            for name, value in market.variables(f"{url}/{market.name}", Application()).items():
                environment.setenv(name, value)
        return {profile.name: profile for profile in direct_profiles(registry, load(env_file=None))}


@pytest.fixture(scope="session")
def media_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("media")
    draw_photos(folder)
    return str(folder)


def with_photos(new: NewProduct) -> Product:
    """Return it as a row of the database with the suite's photos."""
    values: dict[str, Any] = {field.name: getattr(new, field.name) for field in fields(NewProduct)}
    values["images"] = tuple(ProductImage(number, f"{number}.jpg") for number in range(1, len(COLOURS) + 1))
    return Product(id=5, **values)


@pytest.fixture(scope="session")
def judge_of() -> JudgeMaker:
    """Who hears what is said to a marketplace, by its name, and what its simulation answers."""
    return lambda _: Judge()


@pytest.fixture
def make_site(
    sandbox: SandboxServer, profiles: Mapping[str, DirectProfile], media_root: str, judge_of: JudgeMaker
) -> Iterator[SiteMaker]:
    """Make a new seller on a marketplace, as `wishes` say; one the sandbox does not simulate is skipped by name."""
    client = DirectClient(connections=2)
    opened: list[SellerBrowser] = []

    def make(marketplace: Marketplace, **wishes: Any) -> Site:
        name = marketplace.name
        if name not in {market.name for market in sandbox.sandbox.markets}:
            pytest.skip(f"The sandbox does not simulate {name}.")
        seller = sandbox.sandbox.control.make_seller(name, tenant=TENANT, wishes=wishes)
        account = Account(name, seller["external_id"], {**seller["settings"], **particulars_of(name).account})
        judge = judge_of(name)
        if marketplace.by_plugin:
            simulated = [market for market in sandbox.sandbox.markets if market.name == name]
            opened.append(open_browsers(simulated, sandbox.url)[name])
            opened[-1].sign_in_with(seller)
            return Site(account, _heard(judge, through_plugin(opened[-1], media_root)), judge)
        return Site(account, _heard(judge, partial(_directly, client, profiles[name], seller)), judge)

    yield make
    client.close()
    for browser in opened:
        browser.close()


def _heard(judge: Judge, answer: Callable[[Call], Response]) -> Callable[[Call], Response]:
    """Return `answer` with each response judged, also of calls that a test makes itself."""

    def judged(call: Call) -> Response:
        response = answer(call)
        judge.hear_response(call, response)
        return response

    return judged


def _directly(client: DirectClient, profile: DirectProfile, seller: Any, call: Call) -> Response:
    assert isinstance(call, Request)
    access = tokens_in(seller).access
    headers, sign = profile.headers(access), profile.signer(access)
    return client.exchange(profile.base_url_of(call.path), call, headers=headers, deadline_s=DEADLINE_S, sign=sign)


@pytest.fixture
def acting(marketplace: Marketplace, action: str, make_site: SiteMaker, media_root: str) -> Acting:
    """A job of this action, nothing done yet."""
    product = with_photos(particulars_of(marketplace.name).product)
    return Acting(marketplace.handlers[action], make_site(marketplace), product, media_root)


harness = pytest.fixture(scope="module", name="harness")(opened_harness)

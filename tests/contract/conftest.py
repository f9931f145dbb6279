"""The simulated marketplaces with one seller each, and a product that may be published everywhere."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from stoflow.cli.simulate.demo_sellers import tokens_in
from stoflow.domain.account import Account
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import Registry, direct_profiles
from stoflow.settings import load
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.profile import DirectProfile
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import Application
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.browser import Browser, Session
from tests.conftest import Databases
from tests.harness.acting import DECLARED, Acting, Site
from tests.harness.installing import installed
from tests.harness.official import Judge, judge_of
from tests.harness.played import MARKETS, PUBLISH, PUBLISHERS, REGISTRY, through_plugin
from tests.harness.suite import Harness, opened_harness

DEADLINE_S = 10.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test over every marketplace that can publish, and has the ACTION its module is about."""
    if {"marketplace", "action"} <= set(metafunc.fixturenames):
        about = getattr(metafunc.module, "ACTION", PUBLISH)
        places = [place for place in PUBLISHERS if about in place.handlers]
        named = [pytest.param(place, PUBLISH, id=f"{PUBLISH}_{place.name}") for place in places]
        metafunc.parametrize(("marketplace", "action"), named)


@pytest.fixture(scope="session")
def registry() -> Registry:
    return REGISTRY


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(latency_ms=(0.0, 0.0), markets=MARKETS)) as server:
        yield server


@pytest.fixture(scope="session")
def profiles(sandbox: SandboxServer) -> Mapping[str, DirectProfile]:
    """How each directly called marketplace is called, as the settings of a demo have it."""
    with installed("brocante"), installed("kiosque"), pytest.MonkeyPatch.context() as environment:
        for market in MARKETS:
            for name, value in market.variables(f"{sandbox.url}/{market.name}", Application()).items():
                environment.setenv(name, value)
        return {profile.name: profile for profile in direct_profiles(REGISTRY, load(env_file=None))}


@pytest.fixture(scope="session")
def media_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("media")
    for number, colour in enumerate(("firebrick", "seagreen", "navy"), start=1):
        Image.new("RGB", (640, 480), colour).save(folder / f"{number}.jpg")
    return str(folder)


@pytest.fixture
def product() -> Product:
    return Product(
        id=5,
        title="Robe d'été à fleurs",
        description="Portée deux fois.\nLavable à 30°.",
        price=Decimal("24.50"),
        category="women/dresses",
        brand="Zara",
        condition=8,
        size="M / 38 / 10",
        colors=("bleu marine",),
        materials=("coton",),
        gender="women",
        images=(ProductImage(1, "1.jpg"), ProductImage(2, "2.jpg"), ProductImage(3, "3.jpg")),
    )


SiteMaker = Callable[..., Site]


@pytest.fixture
def make_site(sandbox: SandboxServer, profiles: Mapping[str, DirectProfile], media_root: str) -> Iterator[SiteMaker]:
    """Make a new seller on a marketplace, as `wishes` say; one the sandbox does not simulate is skipped by name."""
    client = DirectClient(connections=2)
    browsers: list[Browser] = []

    def make(marketplace: Marketplace, **wishes: Any) -> Site:
        if marketplace.name not in {market.name for market in sandbox.sandbox.markets}:
            pytest.skip(f"The sandbox does not simulate {marketplace.name}.")
        seller = sandbox.sandbox.control.make_seller(marketplace.name, tenant=7, wishes=wishes)
        account = Account(marketplace.name, seller["external_id"], {**seller["settings"], **DECLARED})
        if marketplace.transport == "plugin":
            browsers.append(Browser(sandbox.url, Session.from_connection(seller)))
            return Site(account, through_plugin(browsers[-1], media_root))
        judge = judge_of(marketplace.name)
        return Site(account, heard(judge, directly(client, profiles[marketplace.name], seller)), judge)

    yield make
    client.close()
    for browser in browsers:
        browser.close()


def heard(judge: Judge, answer: Callable[[Call], Response]) -> Callable[[Call], Response]:
    """Return `answer` with each response judged, also of calls that a test makes itself."""

    def judged(call: Call) -> Response:
        response = answer(call)
        judge.hear_response(call, response)
        return response

    return judged


def directly(client: DirectClient, profile: DirectProfile, seller: Any) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        assert isinstance(call, Request)
        access = tokens_in(seller).access
        headers, sign = profile.headers(access), profile.signer(access)
        return client.exchange(profile.base_url_of(call.path), call, headers=headers, deadline_s=DEADLINE_S, sign=sign)

    return answer


@pytest.fixture
def acting(marketplace: Marketplace, action: str, make_site: SiteMaker, product: Product, media_root: str) -> Acting:
    """A job of this action, nothing done yet."""
    return Acting(marketplace.handlers[action], make_site(marketplace), product, media_root)


@pytest.fixture(scope="module")
def harness(
    databases: Databases, sandbox: SandboxServer, profiles: Mapping[str, DirectProfile], media_root: str
) -> Iterator[Harness]:
    yield from opened_harness(databases, REGISTRY, sandbox, profiles, media_root)

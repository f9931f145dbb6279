"""The contract suite over the three and both examples, what is said there judged by the marketplaces' own files."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from stoflow.domain.product import Product
from stoflow.marketplaces.registry import Registry
from stoflow.testing.contract.cases import MARK, parametrize
from stoflow.testing.contract.fixtures import JudgeMaker, profiles_before, with_photos
from stoflow.testing.contract.fixtures import SiteMaker as SiteMaker
from stoflow.testing.contract.fixtures import acting as acting
from stoflow.testing.contract.fixtures import make_site as make_site
from stoflow.testing.contract.fixtures import media_root as media_root
from stoflow.testing.contract.fixtures import sandbox as sandbox
from stoflow.testing.databases import Databases
from stoflow.testing.harness import Harness, opened_harness
from stoflow.testing.particulars import DRESS
from stoflow.transports.direct.profile import DirectProfile
from stoflow_sandbox import judged_pace, sightings
from stoflow_sandbox.market import Market
from stoflow_sandbox.server import SandboxServer
from tests.harness import official
from tests.harness.installing import installed
from tests.harness.played import MARKETS, PUBLISH, PUBLISHERS, REGISTRY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test over every marketplace that can publish, and has the ACTION its module is about."""
    if metafunc.definition.get_closest_marker(MARK):
        parametrize(metafunc, REGISTRY.marketplaces.values())
    elif {"marketplace", "action"} <= set(metafunc.fixturenames):
        about = getattr(metafunc.module, "ACTION", PUBLISH)
        places = [place for place in PUBLISHERS if about in place.handlers]
        named = [pytest.param(place, PUBLISH, id=f"{PUBLISH}_{place.name}") for place in places]
        metafunc.parametrize(("marketplace", "action"), named)


@pytest.fixture(scope="session")
def registry() -> Registry:
    return REGISTRY


@pytest.fixture(scope="session")
def markets() -> Sequence[type[Market]]:
    return MARKETS


@pytest.fixture(scope="session")
def profiles(sandbox: SandboxServer) -> Mapping[str, DirectProfile]:
    with installed("brocante"), installed("kiosque"):  # whose variables are no misspelt ones then
        return profiles_before(sandbox.url, MARKETS, REGISTRY)


@pytest.fixture(scope="session")
def judge_of() -> JudgeMaker:
    return official.judge_of


@pytest.fixture
def product() -> Product:
    return with_photos(DRESS)


@pytest.fixture(scope="module")
def harness(
    databases: Databases, sandbox: SandboxServer, profiles: Mapping[str, DirectProfile], media_root: str
) -> Iterator[Harness]:
    with pytest.MonkeyPatch.context() as patched:  # the examples are not installed any more when they are judged
        patched.setattr(judged_pace, "known_markets", lambda: MARKETS)
        patched.setattr(sightings, "_known_deeds", lambda: {market.name: market.deeds for market in MARKETS})
        yield from opened_harness(databases, REGISTRY, sandbox, profiles, media_root)

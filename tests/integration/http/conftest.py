"""The api over a real web server, in front of use cases that remember instead of working."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from stoflow.domain.ids import TenantId
from stoflow.http.auth.keys import SigningKeys, new_key
from stoflow.settings import Settings
from stoflow.wiring.tokens import access_tokens
from tests.harness.faked.api import Api, StartApi, starter
from tests.harness.faked.use_cases import USE_CASES, faked_for_fakes
from tests.harness.serving import WAIT_S, api_of, serving
from tests.harness.shop import Shop
from tests.harness.trust import TRUST


@pytest.fixture(scope="session", autouse=True)
def fakes() -> Iterator[None]:
    """Whoever shares this process with them asks for the real ones as before."""
    with pytest.MonkeyPatch.context() as patched:
        for module, names in USE_CASES.items():
            for name in names:
                patched.setattr(module, name, faked_for_fakes(name, getattr(module, name)))
        yield


@pytest.fixture(name="serving")
def serving_() -> Callable[..., Any]:
    return serving


@pytest.fixture
def real_url(settings: Settings) -> Iterator[str]:
    """The api before the real use cases and this test's own database."""
    with api_of(settings.model_copy(update={"heartbeat_s": 0.2})) as url:
        yield url


@pytest.fixture
def shops(settings: Settings, tenants: Callable[[], TenantId], real_url: str) -> Iterator[tuple[Shop, Shop]]:
    with ExitStack() as stack:
        tokens = access_tokens(settings)

        def shop() -> Shop:
            tenant = tenants()
            headers = {"Authorization": f"Bearer {tokens.issue_access_token(tenant)}"}
            return Shop(
                tenant,
                stack.enter_context(httpx.Client(verify=TRUST, base_url=real_url, headers=headers, timeout=WAIT_S)),
            )

        yield shop(), shop()


@pytest.fixture(scope="session")
def keys() -> SigningKeys:
    return SigningKeys([new_key()])


@pytest.fixture
def start_api(keys: SigningKeys) -> Iterator[StartApi]:
    """Start an api with other options, or a second one beside the first."""
    with ExitStack() as stack:
        yield starter(stack, keys)


@pytest.fixture(scope="session")
def running_api(keys: SigningKeys) -> Iterator[Api]:
    with ExitStack() as stack:
        yield starter(stack, keys)()


@pytest.fixture
def api(running_api: Api) -> Iterator[Api]:
    """The usual api, with tenants of this test's own."""
    running_api.use_cases.reset()
    yield running_api
    running_api.open_sockets.close()

"""What every test may ask for: real servers, a migrated database of its own, tenants, settings."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest
import redis
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from stoflow import settings as stoflow_settings
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.testing.databases import Databases, opened_servers
from tests.harness.pooler import pooler_before

REDIS_DATABASE = 15


@pytest.fixture(scope="session")
def server_urls() -> Iterator[ServerUrls]:
    """The servers named by the environment (CI: Debian's), else embedded ones in a folder of this run."""
    with opened_servers() as urls:
        yield urls


@pytest.fixture(scope="session")
def door_url(server_urls: ServerUrls) -> Iterator[str]:
    """The way in that tests take: past a PgBouncer of this run where STOFLOW_CI_PGBOUNCER names the program."""
    program = os.environ.get("STOFLOW_CI_PGBOUNCER")
    if not program:
        yield server_urls.database_url
        return
    with pooler_before(server_urls.database_url, program) as url:
        yield url


@pytest.fixture(scope="session")
def databases(server_urls: ServerUrls, door_url: str) -> Iterator[Databases]:
    made = Databases(server_urls.database_url, door_url)
    yield made
    made.drop_all()


@pytest.fixture
def database_url(databases: Databases, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database of this test's own, without tenants; with the first one for whoever asks for `tenants`."""
    name = databases.create(databases.peopled if "tenants" in request.fixturenames else databases.migrated)
    yield databases.url_of(name)
    databases.drop(name)


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A database in which nothing was ever done."""
    name = databases.create()
    yield databases.url_of(name)
    databases.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, application_name="stoflow tests")
    yield opened
    opened.close()


@pytest.fixture
def redis_url(server_urls: ServerUrls) -> Iterator[str]:
    """An empty Redis database; what a test leaves in it is gone before the next one."""
    address = server_urls.redis_url.partition("?")[0]
    url = f"{address}?db={REDIS_DATABASE}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def tenants(database: Database) -> Callable[[], TenantId]:
    """Make a new tenant at each call; the first one is there already."""
    numbers = count(1)

    def make() -> TenantId:
        number = next(numbers)
        return TenantId(1) if number == 1 else create_tenant(database, f"seller{number}@example.com")

    return make


@pytest.fixture
def tenant(tenants: Callable[[], TenantId]) -> TenantId:
    return tenants()


@pytest.fixture(scope="session")
def signing_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key for access tokens: making one, or reading a longer one, takes as long as many a test."""
    folder = tmp_path_factory.mktemp("keys") / "jwt"
    folder.mkdir(mode=0o700)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = folder / "first.pem"
    file.touch(mode=0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str, signing_keys: Path) -> Settings:
    """Settings of an installation of this test's own: its home, its database, its Redis, keys of its own."""
    home = tmp_path / "home"
    home.mkdir()
    copytree(signing_keys, home / "jwt")
    return stoflow_settings.load(
        env_file=None,
        home=home,
        database_url=database_url,
        redis_url=redis_url,
        secret_keys=(Fernet.generate_key().decode(),),
        plugin_terms="told",
        ebay_client_id="test-ebay-client",
        ebay_client_secret="test-ebay-secret",
        etsy_client_id="test-etsy-keystring",
        etsy_shared_secret="test-etsy-secret",
    )

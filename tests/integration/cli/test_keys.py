"""`stoflow keys rotate`: what it says, and its exit codes."""

import json

from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from stoflow.cli.main import stoflow
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database, schema_name
from stoflow.transports.direct.tokens import Tokens

TOKENS = Tokens("access-1", "refresh-1", access_expires_in_s=3600)


def rotate(settings: Settings, *keys: str, as_json: bool = False) -> Result:
    environment = {
        "STOFLOW_HOME": str(settings.home),
        "STOFLOW_DATABASE_URL": settings.database_url,
        "STOFLOW_REDIS_URL": settings.redis_url,
        "STOFLOW_SECRET_KEYS": ",".join(keys),
    }
    return CliRunner().invoke(stoflow, ["keys", "rotate", *(["--json"] if as_json else [])], env=environment)


def test_after_it_the_older_key_is_needed_no_more(settings: Settings, database: Database, tenant: TenantId) -> None:
    old, new = settings.secret_keys[0], Fernet.generate_key().decode()
    Connections(database, Vault([old])).save(tenant, "ebay", external_id="1", settings={}, tokens=TOKENS)
    result = rotate(settings, new, old)
    assert (result.exit_code, result.stdout) == (0, "1 secrets sealed anew, 0 were already.\n")
    again = rotate(settings, new, as_json=True)
    assert (again.exit_code, json.loads(again.stdout)) == (0, {"resealed": 0, "unchanged": 1, "failed": []})
    assert Connections(database, Vault([new])).tokens_of(tenant, "ebay").refresh == "refresh-1"


def test_a_tenant_that_fails_is_named_and_the_exit_code_is_1(
    settings: Settings, database: Database, tenant: TenantId
) -> None:
    vault = Vault([Fernet.generate_key().decode()])
    Connections(database, vault).save(tenant, "ebay", external_id="1", settings={}, tokens=TOKENS)
    result = rotate(settings, settings.secret_keys[0])
    assert result.exit_code == 1
    assert f"opens the ebay tokens of tenant {tenant}" in result.stdout
    assert result.stderr == "Error: The secrets of 1 tenants stayed as they were: keep the older STOFLOW_SECRET_KEYS.\n"
    failed = json.loads(rotate(settings, settings.secret_keys[0], as_json=True).stdout)["failed"]
    assert [failure["tenant"] for failure in failed] == [tenant]


def test_of_a_tenant_of_whom_nothing_is_left_it_is_said_what_to_do(
    settings: Settings, database: Database, tenant: TenantId
) -> None:
    with database.records() as connection:
        connection.execute(f"DROP SCHEMA {schema_name(tenant)} CASCADE".encode())
    (failed,) = json.loads(rotate(settings, settings.secret_keys[0], as_json=True).stdout)["failed"]
    assert "bring it back from a backup" in failed["reason"]

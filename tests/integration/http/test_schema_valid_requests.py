"""Requests drawn from our own document: what fits it is taken, and the answer is one that the document names.

20 requests an operation; `make schema` draws 500. A failure is found again by the seed that is said.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.auth import tokens
from stoflow.settings import Settings
from stoflow.storage.credentials.platform_keys import PlatformScope, add_key
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import register_process
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens

CONFIG = Path(__file__).with_name("schemathesis.toml")
SHORT = 20
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", SHORT))
SEED = int(os.environ.get("SCHEMA_SEED", "0")) or SystemRandom().randrange(1, 2**31)
MOST_S = 480 if EXAMPLES <= SHORT else 60 * EXAMPLES
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "positive_data_acceptance"
)
OF_ADMINS = "^/admin/"
Config = Callable[[Role], Path]
AS_PLATFORM = """
[[operations]]
include-path-regex = "^/platform"
headers = {{ Authorization = "Bearer {key}" }}
"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Everybody may register, and nobody is told to wait: what is refused so is not tried."""
    return settings.model_copy(update={"registration": "open", "account_requests": 0, "address_requests": 0})


@pytest.fixture
def config(
    settings: Settings,
    database: Database,
    tenants: Callable[[], TenantId],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Config:
    """Give the configuration of somebody with a role, whose token is good as long as it takes, and of a platform's key."""
    monkeypatch.setattr(tokens, "LIFETIME_S", MOST_S)
    with database.records() as connection:  # without whom `/readyz?deep` answers 503, as it should
        for kind in ("orchestrator", "worker"):
            register_process(connection, kind, lease_s=MOST_S)
    key = add_key(database, "Market", list(PlatformScope))

    def of(role: Role) -> Path:
        tenant = tenants()
        change_role(database, tenant, role, OPERATOR)
        token = access_tokens(settings).issue_access_token(tenant, role=role)
        written = tmp_path / "schemathesis.toml"
        asker = f'headers = {{ Authorization = "Bearer {token}" }}\n\n'
        written.write_text(asker + CONFIG.read_text(encoding="utf-8") + AS_PLATFORM.format(key=key), encoding="utf-8")
        return written

    return of


@pytest.mark.timeout(MOST_S + 60)
@pytest.mark.parametrize(("role", "paths"), [(Role.USER, "exclude"), (Role.ADMIN, "include")])
def test_what_fits_the_document_is_taken_and_answered_as_it_names(
    real_url: str, config: Config, role: Role, paths: str
) -> None:
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    config_file, whose = config(role), [f"--{paths}-path-regex", OF_ADMINS]
    drawn = ["--phases", "examples,fuzzing", "-n", str(EXAMPLES), "--seed", str(SEED), "--continue-on-failure"]
    done = subprocess.run(
        [
            *command,
            "--config-file",
            str(config_file),
            "run",
            f"{real_url}/openapi.json",
            *whose,
            *drawn,
            "--checks",
            CHECKS,
        ],
        cwd=config_file.parent,
        capture_output=True,
        text=True,
        timeout=MOST_S,
        check=False,
    )
    print(f"seed {SEED}, {EXAMPLES} requests an operation\n{done.stdout}{done.stderr}")  # noqa: T201
    assert done.returncode == 0, done.stdout

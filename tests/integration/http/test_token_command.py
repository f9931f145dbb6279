"""`stoflow token`: for whom there is one, and how a plugin's file stays fresh."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from stoflow.cli.simulate.demo_tokens import SellerToken
from stoflow.cli.work import token as command
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.wiring.tokens import access_tokens


def test_it_prints_a_token_of_an_active_tenant_only(settings: Settings, tenant: TenantId, database: Database) -> None:
    printed = CliRunner().invoke(command.token, ["--tenant", str(tenant)], obj=settings)
    assert printed.exit_code == 0
    assert access_tokens(settings).read(printed.stdout.strip()).tenant == tenant
    nobody = CliRunner().invoke(command.token, ["--tenant", "999"], obj=settings)
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    suspend_tenant(database, tenant)
    assert CliRunner().invoke(command.token, ["--tenant", str(tenant)], obj=settings).exit_code == 1


def test_a_refreshed_file_is_whole_and_private_and_ends_with_the_tenant(
    settings: Settings, tenant: TenantId, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "CHECK_EVERY_S", 0.01)
    file = tmp_path / "token"
    write = SellerToken.__call__

    def write_and_suspend(kept: SellerToken) -> str:
        written = write(kept)
        suspend_tenant(database, tenant)
        return written

    monkeypatch.setattr(SellerToken, "__call__", write_and_suspend)
    options = ["--tenant", str(tenant), "--token-file", str(file), "--refresh"]
    ended = CliRunner().invoke(command.token, options, obj=settings)
    assert (ended.exit_code, "suspended" in ended.output) == (1, True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert access_tokens(settings).read(file.read_text()).tenant == tenant


def test_refreshing_needs_a_file(settings: Settings) -> None:
    assert CliRunner().invoke(command.token, ["--tenant", "1", "--refresh"], obj=settings).exit_code == 2

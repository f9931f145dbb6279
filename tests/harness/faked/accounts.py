"""Use cases of accounts, without PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stoflow.domain.choices import Choice
from stoflow.domain.errors import ConsentRefused, InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.domain.quota import Quota, QuotaName
from stoflow.domain.role import Role
from stoflow.resources.accounts.overview import Overview
from stoflow.resources.connections.connection import Connection, ConnectionState, Option
from stoflow.resources.connections.consent import Invitation, Returned
from stoflow.resources.connections.plugin_terms import PluginTerms
from stoflow.storage.credentials.token_families import RefreshToken
from stoflow.storage.tenants.deletions import Step
from tests.harness.faked.remembered import Remembered


class FakeAccounts(Remembered):
    """Accounts of several tenants, here and at marketplaces, in memory."""

    def reset(self) -> None:
        super().reset()
        self.accounts: dict[tuple[TenantId, str], str] = {}  # external id by marketplace
        self.chosen: dict[tuple[TenantId, str], Mapping[str, Any]] = {}
        self.visitors: list[TenantId | None] = []

    def read_terms(self, *_: Any) -> PluginTerms:
        self.answers()
        return PluginTerms("2026-10", "What the seller is told.", None)

    accept_terms = read_terms

    def find_connection(self, tenant: TenantId, marketplace: str) -> Connection:
        self.answers()
        external_id = self.accounts.get((tenant, marketplace), "")
        state = ConnectionState.CONNECTED if external_id else ConnectionState.DISCONNECTED
        return Connection(
            marketplace,
            state,
            "" if external_id else "Never connected.",
            external_id,
            None,
            self.chosen.get((tenant, marketplace), {}),
            (Option("site", required=True, choices=(Choice("FR", "France", {"language": "fr"}),)),),
        )

    def choose(self, tenant: TenantId, marketplace: str, given: Mapping[str, Any]) -> Connection:
        self.answers()
        if not given.keys() <= {"site"}:
            raise InputError(
                "No.", tuple(FieldError(f"settings.{name}", "There is no such setting.") for name in given)
            )
        self.chosen[tenant, marketplace] = given
        return self.find_connection(tenant, marketplace)

    def enter(self, tenant: TenantId, marketplace: str, _: Mapping[str, str]) -> Connection:
        return self.find_connection(tenant, marketplace)

    def read_account(self, tenant: TenantId, marketplace: str) -> Connection:
        return self.find_connection(tenant, marketplace)

    def disconnect(self, tenant: TenantId, marketplace: str) -> Connection:
        self.answers()
        self.accounts.pop((tenant, marketplace), None)
        return self.find_connection(tenant, marketplace)

    def invite(self, tenant: TenantId, marketplace: str, return_to: str | None = None) -> Invitation:
        self.answers()
        return Invitation(f"https://{marketplace}.example/consent?state={tenant}", datetime.now(UTC))

    def complete(self, marketplace: str, returned: Returned, visitor: TenantId | None) -> Connection:
        self.answers()
        self.visitors.append(visitor)
        if not returned.state.isdecimal() or returned.error:
            raise ConsentRefused(f"Nobody was asked for that: {returned.error_description}")
        self.accounts[TenantId(int(returned.state)), marketplace] = returned.code
        return self.find_connection(TenantId(int(returned.state)), marketplace)

    def read_overview(self, tenant: TenantId) -> Overview:
        self.answers()
        quotas = tuple(Quota(name, None, 0) for name in QuotaName)
        return Overview(tenant, f"{tenant}@example.com", None, Role.USER, True, datetime.now(UTC), quotas, 0, 0)

    def change_password(self, tenant: TenantId, *_: str) -> RefreshToken:
        self.answers()
        return RefreshToken(tenant, "", "sfr_next", datetime.now(UTC))

    def delete_own_account(self, *_: Any, ends_listings: bool) -> Step:
        self.answers()
        return Step.ENDING if ends_listings else Step.CLOSING

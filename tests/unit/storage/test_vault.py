"""Tokens at rest: unreadable without a key, and worthless in another row."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.vault import Secret, Vault, secret_keys

SECRET = Secret("access-1", "refresh-1", stale_at=1_800_000_000.5, renewer="p1", lost=1)
OLD_KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SEVEN = TenantId(7)


def test_what_was_sealed_is_unsealed_whole() -> None:
    vault = Vault([NEW_KEY])
    assert vault.unseal(SEVEN, "etsy", vault.seal(SEVEN, "etsy", SECRET)) == SECRET


def test_the_sealed_text_shows_no_token() -> None:
    sealed = Vault([NEW_KEY]).seal(SEVEN, "etsy", SECRET)
    assert "access-1" not in sealed
    assert "access-1" not in repr(SECRET)


@pytest.mark.parametrize(("tenant", "marketplace"), [(8, "etsy"), (7, "ebay")])
def test_a_secret_copied_to_another_row_is_refused(tenant: int, marketplace: str) -> None:
    vault = Vault([NEW_KEY])
    with pytest.raises(ConfigurationError, match="are not theirs"):
        vault.unseal(TenantId(tenant), marketplace, vault.seal(SEVEN, "etsy", SECRET))


def test_older_keys_still_unseal_and_the_newest_seals() -> None:
    old = Vault([OLD_KEY]).seal(SEVEN, "etsy", SECRET)
    both = Vault([NEW_KEY, OLD_KEY])
    assert both.unseal(SEVEN, "etsy", old) == SECRET
    assert Vault([NEW_KEY]).unseal(SEVEN, "etsy", both.seal(SEVEN, "etsy", SECRET)) == SECRET


@pytest.mark.parametrize("sealed", ["", "nonsense", "gAAAA"])
def test_what_no_key_opens_is_named(sealed: str) -> None:
    with pytest.raises(ConfigurationError, match=r"STOFLOW_SECRET_KEYS .* etsy .* tenant 7"):
        Vault([NEW_KEY]).unseal(SEVEN, "etsy", sealed)


def test_a_vault_without_a_key_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Vault([])


def test_configured_keys_leave_no_file(tmp_path: Path) -> None:
    assert secret_keys([OLD_KEY], tmp_path) == (OLD_KEY,)
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: secret_keys([], tmp_path), range(8)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret.key"]


def test_only_its_owner_reads_the_key(tmp_path: Path) -> None:
    secret_keys([], tmp_path)
    assert (tmp_path / "keys" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_verifier_is_no_token_and_a_token_no_verifier() -> None:
    vault = Vault([NEW_KEY])
    verifier = vault.seal_verifier(SEVEN, "etsy", "v" * 43)
    assert vault.unseal_verifier(SEVEN, "etsy", verifier) == "v" * 43
    with pytest.raises(ConfigurationError, match="is something else"):
        vault.unseal(SEVEN, "etsy", verifier)
    with pytest.raises(ConfigurationError, match="is something else"):
        vault.unseal_verifier(SEVEN, "etsy", vault.seal(SEVEN, "etsy", SECRET))


def test_what_an_older_key_sealed_is_sealed_anew_once() -> None:
    old, both = Vault([OLD_KEY]).seal(SEVEN, "etsy", SECRET), Vault([NEW_KEY, OLD_KEY])
    renewed = both.resealed(SEVEN, "etsy", old)
    assert renewed is not None
    assert Vault([NEW_KEY]).unseal(SEVEN, "etsy", renewed) == SECRET
    assert both.resealed(SEVEN, "etsy", renewed) is None
    with pytest.raises(ConfigurationError, match="are not theirs"):
        both.resealed(TenantId(8), "etsy", old)

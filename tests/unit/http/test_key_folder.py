"""Signing keys are changed by changing files: nobody restarts, and no token is refused on the way."""

import os
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from stoflow.domain.ids import TenantId
from stoflow.http.auth.key_folder import LOOK_EVERY_S, LOOK_FOR_UNKNOWN_S, SIGNS_AFTER_S, KeyFolder
from stoflow.http.auth.keys import SigningKey, new_key
from stoflow.http.auth.tokens import AccessTokens, NotAuthenticated
from stoflow.http.facts import SigningKeyOpen

TENANT = TenantId(7)
LONG_AGO_S = 1_000.0
NOW_S = 1_800_000_000.0
A_KEY, ANOTHER = new_key(), new_key()


@dataclass
class Clock:
    """Moves by hand, for files and for looks alike."""

    passed_s: float = 0.0

    def time(self) -> float:
        return NOW_S + self.passed_s

    def ticks(self) -> float:
        return self.passed_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, "first", A_KEY, at_s=NOW_S - LONG_AGO_S)
    return tmp_path


def put(folder: Path, name: str, key: SigningKey, *, at_s: float, mode: int = 0o600) -> Path:
    file = folder / f"{name}.pem"
    file.touch(mode=mode)
    file.write_bytes(
        key.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    os.utime(file, (at_s, at_s))
    return file


def a_process(folder: Path, clock: Clock) -> AccessTokens:
    return AccessTokens(KeyFolder(folder, clock=clock.time, ticks=clock.ticks), clock=clock.time)


def signer(tokens: AccessTokens) -> str:
    return jwt.get_unverified_header(tokens.issue_access_token(TENANT))["kid"]


def test_a_new_key_is_known_before_it_signs(folder: Path, clock: Clock) -> None:
    tokens = a_process(folder, clock)
    put(folder, "second", ANOTHER, at_s=clock.time())
    clock.passed_s = LOOK_EVERY_S
    assert signer(tokens) == A_KEY.kid
    assert {key["kid"] for key in tokens.public_keys()} == {A_KEY.kid, ANOTHER.kid}
    clock.passed_s = SIGNS_AFTER_S + 1
    assert signer(tokens) == ANOTHER.kid


def test_no_token_is_refused_while_keys_change(folder: Path, clock: Clock) -> None:
    early, late = a_process(folder, clock), a_process(folder, clock)
    clock.passed_s = LOOK_EVERY_S
    assert signer(late) == A_KEY.kid  # it has looked, a moment too early
    put(folder, "second", ANOTHER, at_s=clock.time() - SIGNS_AFTER_S)  # a copy that keeps its time signs at once
    assert signer(early) == ANOTHER.kid
    issued = early.issue_access_token(TENANT)
    clock.passed_s += LOOK_FOR_UNKNOWN_S
    assert late.read(issued).tenant == TENANT


def test_a_key_that_is_taken_away_is_forgotten_within_a_minute(folder: Path, clock: Clock) -> None:
    tokens = a_process(folder, clock)
    issued = tokens.issue_access_token(TENANT)
    assert tokens.read(issued).tenant == TENANT  # what was good once is remembered, with its key
    put(folder, "second", ANOTHER, at_s=NOW_S - LONG_AGO_S)
    (folder / "first.pem").unlink()
    clock.passed_s = LOOK_EVERY_S
    with pytest.raises(NotAuthenticated, match="not known"):
        tokens.read(issued)
    assert LOOK_EVERY_S < 60


def test_what_cannot_be_read_leaves_what_is_known(folder: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    tokens = a_process(folder, clock)
    (folder / "half.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    clock.passed_s = LOOK_EVERY_S
    assert signer(tokens) == A_KEY.kid
    clock.passed_s *= 2
    assert signer(tokens) == A_KEY.kid
    assert [line.getMessage() for line in caplog.records].count(caplog.records[-1].getMessage()) == 1
    assert "half.pem cannot be read" in caplog.text


def test_all_being_new_the_one_that_is_there_longest_signs(tmp_path: Path, clock: Clock) -> None:
    put(tmp_path, "first", A_KEY, at_s=clock.time() - 2)
    put(tmp_path, "second", ANOTHER, at_s=clock.time() - 1)
    assert signer(a_process(tmp_path, clock)) == A_KEY.kid


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o602])
def test_a_key_that_others_may_read_or_replace_is_told(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    put(tmp_path, "first", A_KEY, at_s=NOW_S - LONG_AGO_S).chmod(mode)
    a_process(tmp_path, clock)
    assert "first.pem is open to others" in caplog.text


def test_a_key_of_its_owner_and_group_alone_is_not(
    folder: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "first.pem").chmod(0o440)
    a_process(folder, clock)
    assert SigningKeyOpen.__name__ not in caplog.text
    assert not caplog.records


def test_unknown_keys_make_nobody_read_the_folder_all_the_time(folder: Path, clock: Clock) -> None:
    keys = KeyFolder(folder, clock=clock.time, ticks=clock.ticks)
    clock.passed_s = LOOK_FOR_UNKNOWN_S
    assert keys.public("unknown") is None
    put(folder, "second", ANOTHER, at_s=clock.time())
    assert keys.public(ANOTHER.kid) is None
    clock.passed_s += LOOK_FOR_UNKNOWN_S
    assert keys.public(ANOTHER.kid) is not None

"""Argon2id: what is stored of a password, and whether one that is given is it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from stoflow.domain.errors import InputError, TooManyTries
from stoflow.domain.outcome import FieldError

SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
MEMORY_KIB: Final = 19 * 1024
ITERATIONS: Final = 2
ARGON2ID: Final = "$argon2id$"
# Of a password that nobody knows, made with the same parameters: takes as long to compare with as a real one.
NOBODYS: Final = "$argon2id$v=19$m=19456,t=2,p=1$XuTQHRLzk9/rTsKoiRhXRw$ETtu5ZLUng3u8Vg//kEUhPmtbD/Kxxt09Widk9H0xIA"

AT_ONCE: Final = 4  # each takes a core and 19 MiB: a flood of guesses leaves threads for everybody else
PATIENCE_S: Final = 2.0
_seats = BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    with _a_seat():
        argon2 = Argon2id(
            salt=os.urandom(SALT_BYTES), length=HASH_BYTES, iterations=ITERATIONS, lanes=1, memory_cost=MEMORY_KIB
        )
        return argon2.derive_phc_encoded(password.encode())


def is_password(given: str, stored: str | None) -> bool:
    """Say whether it is the one; without one to compare with, after as long."""
    known = stored if stored and stored.startswith(ARGON2ID) else None
    with _a_seat():
        try:
            Argon2id.verify_phc_encoded(given.encode(), known or NOBODYS)
        except InvalidKey:
            return False
    return known is not None


def check_new_password(password: str, email: str) -> None:
    """Raise InputError for the one that everybody would guess first."""
    if password.strip().lower() == email:
        reason = FieldError("password", "is the e-mail address, which others know")
        raise InputError("The password is not good enough.", (reason,))


@contextmanager
def _a_seat() -> Iterator[None]:
    if not _seats.acquire(timeout=PATIENCE_S):
        raise TooManyTries(1)
    try:
        yield
    finally:
        _seats.release()

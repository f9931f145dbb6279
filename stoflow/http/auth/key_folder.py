"""Signing keys that change while tokens are signed and read: a folder that is looked at again."""

import stat
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.facts.processes import Stumbled
from stoflow.http.auth.keys import SigningKey, SigningKeys, make_first_key, read_key
from stoflow.http.facts import SigningKeyOpen, SigningKeysRead
from stoflow.monitoring.record import record

LOOK_EVERY_S: Final = 15.0
LOOK_FOR_UNKNOWN_S: Final = 1.0  # a key that signed elsewhere may be newer than our last look
SIGNS_AFTER_S: Final = 60.0  # by then every process has looked
OPEN_TO_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """A file as the folder lists it; another time or size is another key."""

    changed_at_s: float
    name: str
    size: int
    mode: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What the folder held when it was last read, newest first."""

    files: Sequence[_KeyFile]
    each: Sequence[SigningKey]
    keys: SigningKeys


class KeyFolder:
    """The keys of a folder. What is put there signs after a minute, what is taken away is forgotten within one.

    `clock` gives seconds since the epoch, as files have them; `ticks` seconds of no particular beginning. Raise
    ConfigurationError where there is no key at the start; what cannot be read later leaves what is known as it was.
    """

    def __init__(
        self, folder: Path, *, clock: Callable[[], float] = time.time, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._ticks = ticks
        self._lock = threading.Lock()
        self._looked_s = ticks()
        self._tried = _files_in(folder)
        self._known = _read(folder, self._tried)

    @property
    def newest(self) -> SigningKey:
        """Return the key to sign with: the newest that others know by now, else the one that is there longest."""
        known = self._look(LOOK_EVERY_S)
        signs_at_s = self._clock() - SIGNS_AFTER_S
        settled = (key for key, file in zip(known.each, known.files, strict=True) if file.changed_at_s <= signs_at_s)
        return next(settled, known.each[-1])

    def published(self) -> list[dict[str, str]]:
        return self._look(LOOK_EVERY_S).keys.published()

    def public(self, kid: str) -> rsa.RSAPublicKey | None:
        return self._look(LOOK_EVERY_S).keys.public(kid) or self._look(LOOK_FOR_UNKNOWN_S).keys.public(kid)

    def _look(self, every_s: float) -> _Known:
        """Return what is known, of a look at the folder that is no older than this."""
        with self._lock:
            if self._ticks() - self._looked_s >= every_s:
                self._looked_s = self._ticks()
                self._read_again()
            return self._known

    def _read_again(self) -> None:
        try:
            files = _files_in(self._folder)
            if files == self._tried:
                return
            self._tried = files
            self._known = _read(self._folder, files)
        except (ConfigurationError, OSError) as error:
            record(Stumbled("reading the signing keys again", str(error)))
        else:
            record(SigningKeysRead(len(files)))


def _files_in(folder: Path) -> Sequence[_KeyFile]:
    listed = [(file.name, file.stat()) for file in folder.glob("*.pem")]
    files = [_KeyFile(found.st_mtime, name, found.st_size, found.st_mode) for name, found in listed]
    return sorted(files, key=lambda file: (file.changed_at_s, file.name), reverse=True)


def _read(folder: Path, files: Sequence[_KeyFile]) -> _Known:
    if not files:
        raise ConfigurationError(f"STOFLOW_JWT_KEYS_DIR: there is no .pem file in {folder}.")
    for file in files:
        if file.mode & OPEN_TO_OTHERS:
            record(SigningKeyOpen(file.name))
    each = [read_key(folder / file.name) for file in files]
    return _Known(files, each, SigningKeys(each))


def key_folder(configured: Path | None, *, home: Path) -> KeyFolder:
    """Return the keys of the configured folder; without one, of `home`/jwt, where a first key is made if need be."""
    folder = configured or home / "jwt"
    if configured is None and not list(folder.glob("*.pem")):
        make_first_key(folder)
    return KeyFolder(folder)

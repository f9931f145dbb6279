"""Libraries loaded without what they would load only because it is installed: megabytes of each process, never used."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let imports of these fail meanwhile, as where they are not installed; what is loaded already stays."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # what Python itself takes for "there is none"
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


class Later(ModuleType):
    """A module that is loaded when something of it is first asked for, to be put where `without` left none."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)

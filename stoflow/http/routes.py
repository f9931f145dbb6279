"""Every operation of every resource: Starlette's routes and the OpenAPI document are both made from them."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from stoflow.http import resources
from stoflow.http.rest.endpoint import Operation


def _operations() -> Iterator[Operation]:
    """Yield what each module of `resources/` offers: a resource is one more file there, and this one is not edited."""
    for module in sorted(iter_modules(resources.__path__), key=lambda module: module.name):
        yield from getattr(import_module(f"{resources.__name__}.{module.name}"), "OPERATIONS", ())


OPERATIONS: Final = tuple(_operations())

"""Every operation of every resource: Starlette's routes and the OpenAPI document are both made from them."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from stoflow.http import resources
from stoflow.http.rest.endpoint import Operation


def find_operations() -> Sequence[Operation]:
    """Return what each module of `resources/` offers: a resource is one more file there, and nothing is edited."""
    names = sorted(module.name for module in iter_modules(resources.__path__))
    modules = [import_module(f"{resources.__name__}.{name}") for name in names]
    return [operation for module in modules for operation in getattr(module, "OPERATIONS", ())]

"""Every page and act of every view: a further one is one file in `views/` and its template, and nothing is edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules

from stoflow.http.pages.monitoring import views
from stoflow.http.pages.monitoring.page import Act, Page


@dataclass(frozen=True, slots=True)
class Catalogue:
    pages: Sequence[Page]
    acts: Sequence[Act]


@cache
def find_views() -> Catalogue:
    """Return what each module of `views/` offers as PAGES and ACTS."""
    names = sorted(module.name for module in iter_modules(views.__path__))
    modules = [import_module(f"{views.__name__}.{name}") for name in names]
    pages = [page for module in modules for page in getattr(module, "PAGES", ())]
    acts = [act for module in modules for act in getattr(module, "ACTS", ())]
    return Catalogue(sorted(pages, key=attrgetter("place")), acts)

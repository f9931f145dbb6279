"""Which variables of an environment are meant for StoFlow, so that a misspelt one is told and not passed over."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points

ENV_PREFIX = "STOFLOW_"
MARKETPLACES_GROUP = "stoflow.marketplaces"
# What begins like a setting and is none: of composing, of measuring, of tests.
OTHERS = re.compile(r"FAILPOINT_LOG|VERSION|PUBLISHED_PORT|SHARED|(CI|REQUIRE|CAMPAIGN|TEST)_\w+")
OF_A_LINK = re.compile(r"(SERVICE_HOST|SERVICE_PORT|PORT)(_\w+)?")  # Kubernetes adds these for a service of that name
NEAR, VERY_NEAR = 0.6, 0.9  # the second for a name whose very prefix may be misspelt


class SettingsError(ValueError):
    """A setting is wrong; the message is one line that names its variable."""


def refuse_misspelt(names: Iterable[str], *, known: frozenset[str], prefix: str = ENV_PREFIX) -> None:
    """Raise SettingsError for a name that only a mistake explains: what it was to change would stay as it is.

    `prefix` is how the known ones begin: StoFlow's own, or those of an installed marketplace.
    """
    for name in _unexplained(sorted({name.upper() for name in names} - known), prefix):
        if near := _nearest(name, known, prefix):
            raise SettingsError(f"{name} is no setting: did you mean {near[0]}?")
        if name.startswith(prefix):
            raise SettingsError(f"{name} is no setting: `stoflow config` lists those there are.")


def _nearest(name: str, known: frozenset[str], prefix: str) -> Sequence[str]:
    """Return the one that was meant, if there is one: the rest after a right prefix is compared with rests."""
    if not name.startswith(prefix):
        return get_close_matches(name, known, n=1, cutoff=VERY_NEAR)
    rests = [each.removeprefix(prefix) for each in known]
    return [f"{prefix}{rest}" for rest in get_close_matches(name.removeprefix(prefix), rests, 1, NEAR)]


def _unexplained(names: Sequence[str], prefix: str) -> Iterator[str]:
    alike = [name for name in names if name.startswith(prefix) or (prefix == ENV_PREFIX and _looks_like_ours(name))]
    others = tuple(other for other in _prefixes_of_marketplaces() if other.startswith(prefix) and other != prefix)
    links = tuple(name.removesuffix("SERVICE_HOST") for name in alike if name.endswith("_SERVICE_HOST"))
    for name in alike:
        is_link = any(name.startswith(link) and OF_A_LINK.fullmatch(name.removeprefix(link)) for link in links)
        if not (is_link or name.startswith(others) or OTHERS.fullmatch(name.removeprefix(ENV_PREFIX))):
            yield name


def _looks_like_ours(name: str) -> bool:
    return name.startswith("ST") or "FLOW" in name


def _prefixes_of_marketplaces() -> tuple[str, ...]:
    """Return how the settings begin that installed marketplaces read by themselves."""
    names = (entry.name.upper().replace("-", "_") for entry in entry_points(group=MARKETPLACES_GROUP))
    return tuple(f"{ENV_PREFIX}{name}_" for name in names)

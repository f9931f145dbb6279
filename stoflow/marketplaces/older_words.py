"""What older callers are told: the name to call instead, and the day from which theirs is gone."""

import warnings
from inspect import currentframe
from types import FrameType

GONE_FROM = "2027-12-01"
FIRST_MARKETPLACE = "vinted"


def warn_of(old: str, new: str) -> None:
    """Warn at the first line that is not StoFlow's: Python shows no one a warning that points at a library's own."""
    frame = currentframe()
    while frame is not None and frame.f_back is not None and _is_between(frame):
        frame = frame.f_back
    assert frame is not None, "CPython has frames"
    warnings.warn_explicit(
        f"{old} is gone from {GONE_FROM} on: use {new}.",
        DeprecationWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _is_between(frame: FrameType) -> bool:
    """Whether it is StoFlow's own, or what imports a name of it."""
    return str(frame.f_globals.get("__name__")).startswith(("stoflow.", "importlib."))

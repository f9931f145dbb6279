"""What older callers are told: the name to call instead, and the day from which theirs is gone."""

import warnings

GONE_FROM = "2027-12-01"
FIRST_MARKETPLACE = "vinted"


def warn_of(old: str, new: str) -> None:
    """Warn whoever calls what calls this."""
    message = f"{old} is gone from {GONE_FROM} on: use {new}."
    warnings.warn(message, DeprecationWarning, stacklevel=3)

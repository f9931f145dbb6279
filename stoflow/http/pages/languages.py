"""Which language a page is in: the one that the browser's person prefers most, of those that there are."""

import re
from collections.abc import Sequence
from typing import Final

RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*")
LONGEST: Final = 1000  # characters that are read: browsers send a few dozen


def language_of(accepted: str, offered: Sequence[str]) -> str:
    """Return the language by the header Accept-Language, `fr` for `fr-CA`; the first one offered where none fits."""
    wishes = [found for part in accepted[:LONGEST].split(",") if (found := RANGE.fullmatch(part))]
    ranked = sorted(wishes, key=lambda wish: -float(wish[2] or 1))
    named = (wish[1].lower() for wish in ranked if float(wish[2] or 1) > 0)
    return next((language for language in named if language in offered), offered[0])

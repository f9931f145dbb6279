"""Making choices of what a marketplace shows: texts that can be stored, each value once."""

from collections.abc import Iterable, Mapping

from stoflow.domain.choices import Choice
from stoflow.marketplaces.vocabulary.wording import keep_signs, shorten

TITLE_CHARACTERS = 200


def choices_in(found: Iterable[tuple[str, str]], only_with: Mapping[str, str] | None = None) -> tuple[Choice, ...]:
    """Return the choices of values and titles; a value without a title is known by itself."""
    kept = {
        value: Choice(value, _title(title) or value, only_with or {})
        for value, title in found
        if value and value.isprintable()
    }
    return tuple(kept.values())


def _title(text: str) -> str:
    return shorten(keep_signs(text, str.isprintable), TITLE_CHARACTERS)

"""A seller's size text taken apart, and shoe sizes carried from one system to another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in
from stoflow.marketplaces.vocabulary.wording import one_line, plain

ONE_SIZE = "One size"
LETTERS = re.compile(r"^(?:(\d{1,2})\s*x?|(x*))\s*(l|s)$|^m$", re.IGNORECASE)
SMALLEST_EU_SHOE = 15.0
SYSTEMS = ("eu", "uk", "us")


@dataclass(frozen=True, slots=True)
class Size:
    """`text` as the seller wrote it, on one line; `parts` what it says, letters first ("M", "38", "10")."""

    text: str
    parts: tuple[str, ...]

    @property
    def label(self) -> str:
        """The shortest way to say it to a buyer."""
        return self.parts[0] if self.parts else self.text


def size_of(text: str) -> Size | None:
    """Return the size, or None where the text holds none."""
    line = one_line(text)
    if not line:
        return None
    if _sizes_by_word().get(plain(line)) == ONE_SIZE:
        return Size(line, (ONE_SIZE,))
    found = [_part(part) for part in re.split(r"\s*[/|]\s*", line)]
    letters = [part for part in found if _is_letter(part)]
    return Size(line, tuple(dict.fromkeys([*letters, *(part for part in found if part)])))


@cache
def _sizes_by_word() -> Mapping[str, str]:
    return {plain(word): row["size"] for row in read_table(SHARED, "size_words") for word in words_in(row["words"])}


def _part(part: str) -> str:
    word = _sizes_by_word().get(plain(part), part.strip())
    return word.upper() if _is_letter(word) else word


def _is_letter(part: str) -> bool:
    return bool(LETTERS.match(part))


@dataclass(frozen=True, slots=True)
class ShoeSize:
    """One row of the chart: `number(system)` in "eu", "uk" or "us"."""

    eu: str
    uk: str
    us: str

    def number(self, system: str) -> str:
        """Return the size in that system."""
        return {"eu": self.eu, "uk": self.uk, "us": self.us}[system]


def shoe_size(size: Size, audience: str) -> ShoeSize | None:
    """Return the shoe size meant for women or men; None where the text does not say which system it is in.

    A number without a system is European where no other system reaches that far; below, nobody can tell UK from US.
    """
    for part in size.parts:
        match = re.fullmatch(r"(?:(eu|eur|fr|uk|us)\s*)?(\d{1,2}(?:[.,]5)?)\s*(eu|eur|fr|uk|us)?", part, re.IGNORECASE)
        if match is None:
            continue
        system = (match[1] or match[3] or "").lower()
        number = match[2].replace(",", ".")
        if not system and float(number) < SMALLEST_EU_SHOE:
            continue
        found = _chart().get((audience, system if system in {"uk", "us"} else "eu", _trim(number)))
        if found:
            return found
    return None


def _trim(number: str) -> str:
    return number.removesuffix(".0")


@cache
def _chart() -> Mapping[tuple[str, str, str], ShoeSize]:
    chart: dict[tuple[str, str, str], ShoeSize] = {}
    for row in read_table(SHARED, "shoe_sizes"):
        size = ShoeSize(_trim(row["eu"]), _trim(row["uk"]), _trim(row["us"]))
        for system in SYSTEMS:
            chart.setdefault((row["audience"], system, size.number(system)), size)
    return chart

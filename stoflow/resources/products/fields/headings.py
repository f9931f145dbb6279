"""What the name of a column says: its words, its number in a series, a currency."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stoflow.resources.products.fields.currencies import currencies, currencies_of
from stoflow.resources.products.fields.words import column_words, plain

REPEATED = re.compile(r"\s*\((\d{1,3})\)$")  # how the reader tells columns of one name apart: image, image (2)
ACTION = re.compile(r"action\s*\(([^)]*)\)", re.IGNORECASE)  # a template's first cell: Action(SiteID=US|Currency=USD)
ACTION_WORD = "action"
SPECIFIC = re.compile(r"c:\s*(?=\S)", re.IGNORECASE)  # an item specific of a template: C:Brand
METAFIELD = re.compile(r"(.+?)\s*\(product\.metafields\.[^)]*\)$", re.IGNORECASE)
NUMBER = re.compile(r"(?<!\d)(\d{1,3})(?!\d)")
CURRENCY_SIGNS = re.compile(r"[€£¥$]|zł|kč", re.IGNORECASE)
WEIGHTS = frozenset({"pound", "pounds"})  # as much a weight as money
LONG_WORD_CHARACTERS = 4
FRENCH = "fr"  # the language sooner than the franc
JOINING = re.compile(r"\b(?:in|en|w)$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as the file names it. `words` are its plain words; `stem` and `number` part "photo 2" into a series.

    `currency` is a code, a word or a sign, as it is written. `attribute` says that the file marks the column as a
    property of the thing, as templates do with "C:Brand".
    """

    name: str
    words: str
    stem: str
    number: int = 1
    currency: str = ""
    attribute: bool = False

    def goes_by(self, name: str, *, in_series: bool) -> bool:
        return name in ((self.words, self.stem) if in_series else (self.words,))


def heading_of(name: str) -> Heading:
    action = ACTION.fullmatch(name.strip().lstrip("*"))
    if action:
        return Heading(name, ACTION_WORD, ACTION_WORD, currency=_parameter(action[1], "currency"))
    written = name.strip().lstrip("*").strip()
    repeated = REPEATED.search(written)
    bare = REPEATED.sub("", written)
    specific, metafield = SPECIFIC.match(bare), METAFIELD.fullmatch(bare)
    bare = metafield[1] if metafield else bare[specific.end() :] if specific else bare
    words, currency = _without_currency(bare)
    number = NUMBER.search(words)
    return Heading(
        name,
        words,
        " ".join(NUMBER.sub(" ", words).split()),
        int(repeated[1]) if repeated else int(number[1]) if number else 1,
        currency,
        attribute=bool(specific or metafield),
    )


def headings_of(names: Sequence[str]) -> tuple[Heading, ...]:
    return tuple(map(heading_of, names))


def _parameter(parameters: str, name: str) -> str:
    pairs = (pair.partition("=") for pair in parameters.split("|"))
    return next((value.strip().upper() for key, _, value in pairs if key.strip().lower() == name), "")


def _without_currency(name: str) -> tuple[str, str]:
    """Return the plain words of "Preis in CHF" or "price (€)" without the currency, and how that is written."""
    first, *others = plain(name).split() or [""]
    sign = CURRENCY_SIGNS.search(name)
    spelled = [word for word in others if _is_currency(word)] + ([sign[0]] if sign else [])
    if not spelled:
        return _without_short_sign(" ".join((first, *others)))
    kept = " ".join((first, *(word for word in others if word not in {spelled[0], plain(spelled[0])})))
    return JOINING.sub("", kept).strip(), spelled[0]


def _without_short_sign(words: str) -> tuple[str, str]:
    """Take "kr" from "price kr": what is so short means a currency behind a price only."""
    price, _, sign = words.rpartition(" ")
    price = JOINING.sub("", price).strip()
    if price in column_words()["price"] and currencies_of(sign) and sign != FRENCH:
        return price, sign
    return words, ""


def _is_currency(word: str) -> bool:
    """Say whether a word can only mean a currency: a pound is a weight, too."""
    if word.upper() in currencies():
        return True
    return len(word) >= LONG_WORD_CHARACTERS and bool(currencies_of(word)) and word not in WEIGHTS

"""Words of other people's files, in seven languages, and what they mean here."""

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

SOURCE_CURRENCIES = {"grailed": "USD"}  # places that price in one currency only, and so never write it

NOT_KNOWN = frozenset({"", "null", "none", "nan", "n/a", "na", "-", "undefined", "[]", "{}"})
YES = frozenset({"true", "1", "yes", "y", "t", "ja", "oui", "x"})


UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)  # letters that Unicode takes for whole ones: no accent can be taken off them


def plain(text: str) -> str:
    """Return the words in lower case without accents and punctuation: "Très_bon état" is "tres bon etat"."""
    spelled = text.lower().translate(UNDECOMPOSED)
    ascii_text = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", ascii_text).strip()


def without_code(text: str) -> str:
    """Return the label of "Levi's (levi-s)", the code where the label is only "Other (unbranded)"."""
    coded = re.fullmatch(r"\s*(.*?)\s*\(([^()]*)\)\s*", text, re.DOTALL)
    if coded is None:
        return text
    return coded[2] if plain(coded[1]) == "other" else coded[1]


@cache
def meanings(kind: str) -> Mapping[str, str]:
    """Return what each known word of a kind (condition, gender, …) stands for."""
    rows = [row for row in table("words.csv") if row["kind"] == kind]
    return {word: row["value"] for row in rows for word in row["words"].split("|")}


@cache
def column_words() -> Mapping[str, tuple[str, ...]]:
    """Return, per product field, the plain names its column goes by, best first."""
    return {row["field"]: tuple(row["names"].split("|")) for row in table("columns.csv")}


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the tables in `data/`."""
    text = (files("stoflow.resources.products") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))

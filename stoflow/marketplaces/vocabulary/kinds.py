"""What a thing is, such as a dress, found in a seller's words in English, French or Dutch."""

import re
from collections.abc import Mapping
from functools import cache

from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in
from stoflow.marketplaces.vocabulary.wording import LONGEST_PHRASE_WORDS, last_phrase, plain, words_of


def kind_in(text: str) -> str:
    """Return the kind named in a category; "" where none is.

    The last part of a path ("tops.polos", "Women > Dresses") is asked first. One that is vague ("bottoms") is passed
    over: a title may say more.
    """
    for words in _parts(text):
        if " ".join(words) in _phrases(weak=True):
            continue
        found = last_phrase(words, _phrases(weak=False))
        if found:
            return found
    return ""


def kind_in_title(title: str) -> str:
    """Return the kind named in a title, where "leather belt" is no shoe and "short dress" no shorts."""
    return kind_in(" ".join(word for word in words_of(title) if word not in _path_only()))


def names_kind(title: str, kind: str) -> bool:
    """Say whether a title names this kind, among others or alone."""
    words = [word for word in words_of(title) if word not in _path_only()]
    named = {phrase for phrase, meant in _phrases(weak=False).items() if meant == kind}
    return any(
        " ".join(words[start : start + length]) in named
        for start in range(len(words))
        for length in range(1, LONGEST_PHRASE_WORDS + 1)
    )


def vague_kind_in(text: str) -> str:
    """Return the likeliest kind of words that fit several ("bottoms", "footwear"); "" where none is named."""
    return next(filter(None, (last_phrase(words, _phrases(weak=True)) for words in _parts(text))), "")


def stand_ins(kind: str) -> tuple[str, ...]:
    """Return the nearest kinds, for a department that has none of this one."""
    return tuple(words_in(_rows()[kind]["stand_ins"]))


def kind_label(kind: str, language: str) -> str:
    """Return what a buyer calls this kind, in English, French, Dutch or German; in English for another language."""
    row = _rows()[kind]
    return row.get(language) or row["en"]


def _parts(text: str) -> list[list[str]]:
    """Return the words of each part of a path, the last part first."""
    parts = re.split(r"[.>/]|\s-\s", text)
    return [[word for word in words_of(part) if word != "&"] for part in reversed(parts)]


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return {row["kind"]: row for row in read_table(SHARED, "kinds")}


@cache
def _phrases(*, weak: bool) -> Mapping[str, str]:
    if weak:
        return {plain(phrase): kind for kind, row in _rows().items() for phrase in words_in(row["weak"])}
    return {plain(phrase): kind for kind, row in _rows().items() for phrase in (kind, *words_in(row["words"]))}


@cache
def _path_only() -> frozenset[str]:
    return frozenset(word for row in _rows().values() for word in words_in(row["path_only"]))

"""A seller's words made to fit: compared without accents, shortened between words, cleaned of forbidden signs."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

ELLIPSIS = "…"
LONGEST_PHRASE_WORDS = 3


def plain(text: str) -> str:
    """Return the text for comparing: lower case, no accents, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("’", "'"))
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(bare.split())


def words_of(text: str) -> list[str]:
    """Return the plain words of a text, in order."""
    return re.findall(r"[\w'&-]+", plain(text).replace("_", " "))


def last_phrase(words: Sequence[str], phrases: Mapping[str, str]) -> str:
    """Return what the phrase named last stands for, as the noun is last in English ("shirt dress"); a longer one wins.

    "" where no phrase is named.
    """
    for length in range(min(LONGEST_PHRASE_WORDS, len(words)), 0, -1):
        for start in range(len(words) - length, -1, -1):
            found = phrases.get(" ".join(words[start : start + length]))
            if found:
                return found
    return ""


def one_line(text: str) -> str:
    """Return the text on one line with single spaces."""
    return " ".join(text.split())


def tidy(text: str) -> str:
    """Return the text with its line breaks, at most one empty line in a row, and no spaces at line ends."""
    lines = [one_line(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def shorten(text: str, limit: int, *, ending: str = "") -> str:
    """Return the text within `limit` characters, cut between two words where there is a space to cut at."""
    if len(text) <= limit:
        return text
    room = limit - len(ending)
    head = text[: room + 1]
    cut = max(head.rfind(" "), head.rfind("\n"))
    kept = text[:cut] if cut >= room // 2 else text[:room]
    return kept.rstrip(" \n,;:-–|/") + ending


def keep_signs(text: str, allowed: Callable[[str], bool]) -> str:
    """Return the text with each sign that is not allowed replaced by a space, on one line."""
    composed = unicodedata.normalize("NFC", text)  # an accent of its own would be a sign that is not allowed
    return one_line("".join(sign if allowed(sign) else " " for sign in composed))

"""Text as it is kept: composed, free of markup and entities, and without what nobody can see."""

import html
import re
import unicodedata
from collections.abc import Callable
from html.entities import html5
from typing import Final

from stoflow.resources.products.fields.errors import UnclearText
from stoflow.resources.products.fields.markup import holds_markup, shown_text

MOST_ROUNDS = 4  # what was escaped twice and kept in a page that was escaped itself
AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)+")  # "&amp;amp;" is one sign, however often escaped
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
OLD_WINDOWS = re.compile(r"[\x80-\x9f]")  # no letters in Unicode, but in the code page that such a byte came from
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u180e\u200b\u2060-\u2064\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffc]"
)
DIRECTION_MARKS = re.compile("[\u200e\u200f\u061c]")
JOINERS_ALONE = re.compile("(?<![^\x00-\x7f\\s])[\u200c\u200d\ufe00-\ufe0f]+")  # kept within an emoji or a script
TAGS_ALONE = re.compile(
    "(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)  # kept within the flags of a country's parts
# Controls, spaces of every width, what Unicode says is not drawn (Default_Ignorable_Code_Point), and blank letters. Up
# to U+FFFF also a pattern in the document: beyond it not every reader of patterns counts alike. Whatever else there is
# shows, if only as a box: an emoji of next year has no name in this year's tables.
BLANKS: Final = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
)
SHOWN = re.compile(rf"[^{BLANKS}\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
RIGHT_TO_LEFT = frozenset({"R", "AL"})


def clean_line(text: str) -> str:
    """Return the text on one line; "" where nothing of it can be seen. UnclearText where it hides what it says."""
    return _if_seen(_stable(text, lambda words: " ".join(_cleaned(words).split())))


def clean_text(text: str) -> str:
    """Return the text with its lines, at most one empty one in a row. UnclearText where it hides what it says."""
    return _if_seen(_stable(text, lambda words: _tidy(_cleaned(words))))


def composed(text: str) -> str:
    """Return the text as it is but for its accents, composed, and for signs that show nothing; "" where all do."""
    return _if_seen(unicodedata.normalize("NFC", _seen(text)).strip())


def decode_entities(text: str) -> str:
    """Return the text with what is surely an entity decoded: "&eacute;", not "R&B;" nor "&copy 2020"."""
    return ENTITY.sub(_decoded, AMPERSANDS.sub("&", text)) if "&" in text else text


def _stable(text: str, clean: Callable[[str], str]) -> str:
    """Return the text cleaned until nothing changes: exports escape twice, and what is decoded may be HTML."""
    for _ in range(MOST_ROUNDS):
        before, text = text, clean(text)
        if text == before:
            return text
    if clean(text) == text:
        return text
    raise UnclearText("The text is escaped over and over: what it says is not clear.")


def _cleaned(text: str) -> str:
    decoded = decode_entities(_seen(text))
    shown = shown_text(decoded) if holds_markup(decoded) else decoded
    return unicodedata.normalize("NFC", _seen(shown))


def _seen(text: str) -> str:
    """Return the text without signs that show nothing: controls, spaces of no width, idle marks of direction."""
    if text.isascii() and text.isprintable():
        return text
    lines = LINE_ENDS.sub("\n", text).replace("\u00a0", " ")
    seen = UNSEEN.sub("", OLD_WINDOWS.sub(_of_windows, lines))
    if not any(unicodedata.bidirectional(sign) in RIGHT_TO_LEFT for sign in seen if sign not in "\u200f\u061c"):
        seen = DIRECTION_MARKS.sub("", seen)
    return JOINERS_ALONE.sub("", TAGS_ALONE.sub("", seen))


def _of_windows(sign: re.Match[str]) -> str:
    return sign[0].encode("latin-1").decode("cp1252", errors="ignore")


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _if_seen(text: str) -> str:
    return text if SHOWN.search(text) else ""


def _decoded(entity: re.Match[str]) -> str:
    written = entity[0]
    return html.unescape(written) if written[1] == "#" or written[1:] in html5 else written

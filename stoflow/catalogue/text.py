"""Text as it is kept: composed, without entities, without what nobody can see."""

import html
import re
from html.entities import html5

AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)+")  # "&amp;amp;" is one sign, however often it was escaped
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def decode_entities(text: str) -> str:
    """Return the text with what is surely an entity decoded: "&eacute;", not "R&B;" nor "&copy 2020"."""
    return ENTITY.sub(_decoded, AMPERSANDS.sub("&", text)) if "&" in text else text


def _decoded(entity: re.Match[str]) -> str:
    written = entity[0]
    return html.unescape(written) if written[1] == "#" or written[1:] in html5 else written

"""Text that others wrote, made safe to show on a terminal."""

import re

# C0 but for the tab and the line feed, DEL and C1; marks that turn the direction of what follows; line ends of
# Unicode's own; halves of characters, which no terminal's encoding can carry.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Return the text with every character that could steer a terminal written out, as in `\x1b[31m`."""
    return UNPRINTABLE.sub(lambda match: _written_out(match[0]), text)


def on_one_line(text: str) -> str:
    """Return the same on one line: line breaks, tabs and runs of spaces are one space each."""
    return printable(" ".join(text.split()))


def json_safe(document: str) -> str:
    """Return a JSON document with the same characters escaped as JSON does; they stand in its strings only."""
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def _written_out(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004  one byte or two

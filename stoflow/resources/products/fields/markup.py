"""HTML turned into the text that it shows: paragraphs, lists and the rows of tables as lines, the rest left out."""

import re
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from stoflow.resources.products.fields.errors import UnclearText

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MOST_OPEN_ELEMENTS = 500  # a parser of HTML takes the square of its depth
INLINE = frozenset(
    "a abbr acronym b bdi bdo big blink cite code colgroup data del dfn em font i ins kbd label mark nobr output"
    " picture q rb rp rt rtc ruby s samp slot small span strike strong sub sup time tt u var".split()
)
VOID = frozenset("area base basefont bgsound br col embed hr img input link meta param source track wbr".split())
APART = frozenset("blockquote dl h1 h2 h3 h4 h5 h6 hr ol p pre table ul".split())
LINES = frozenset(
    "address article aside body button caption center dd details dir div dt fieldset figcaption figure footer form"
    " header hgroup html legend li main marquee menu nav optgroup option section select summary tbody td tfoot th thead"
    " tr".split()
)
LEFT_OUT = frozenset(
    "applet audio canvas datalist head iframe map math meter noembed noframes noscript object progress script style svg"
    " template textarea title video".split()
)
CLOSED_BY_THE_NEXT = frozenset("p li dt dd tr td th tbody thead tfoot option".split())
ELEMENTS = INLINE | VOID | APART | LINES | LEFT_OUT
AS_IT_STANDS = frozenset({"plaintext", "xmp"})  # a parser takes what is in them for no HTML, escapes neither
CELLS, LISTS = frozenset({"td", "th"}), frozenset({"ul", "ol", "menu", "dir"})
CELL_SEPARATOR = " | "
LESS_THAN = re.compile(r"<(?:(?P<close>/?)(?P<name>[A-Za-z][\w:-]*)(?P<rest>[\s/][^<>]*)?>)?")
DECLARATION = re.compile(r"<!(?:--|\[|doctype\b)|<\?xml", re.IGNORECASE)
SPACES = re.compile(r"[ \t\n\r\f]+")


def holds_markup(text: str) -> bool:
    """Say whether the text is HTML, not words that hold a "<": "a < b", "<3" and "the <b> tag" are words."""
    if "<" not in text:
        return False
    if "-->" in text and "<!--" in text:
        return True
    closings = _last_closings(text)
    return any(_is_certain(tag, closings) for tag in LESS_THAN.finditer(text))


def shown_text(markup: str) -> str:
    """Return the text that a page of this HTML would show; its entities are decoded before."""
    body = import_module("selectolax.lexbor").LexborHTMLParser(_guarded(markup)).body  # comes with the first HTML
    if body is None:
        return ""
    layout = _Layout(keeps_lines=not re.search(r"<(?:p|br)\b", markup, re.IGNORECASE))
    _walk(body, layout)
    return layout.text()


def _is_certain(tag: re.Match[str], closings: Mapping[str, int]) -> bool:
    name = (tag["name"] or "").lower()
    if not _is_known(name):
        return False
    if tag["close"] or "=" in (tag["rest"] or ""):
        return True
    return name not in INLINE and (name not in LEFT_OUT or closings[name] > tag.start())


def _is_known(name: str) -> bool:
    return name in ELEMENTS or ":" in name  # o:p and st1:place, as an office's programs write


def _last_closings(text: str) -> Mapping[str, int]:
    """Return where each element that hides its content is closed last: one that never is would hide the rest."""
    lowered = text.lower()
    return {name: lowered.rfind(f"</{name}") for name in LEFT_OUT}


def _own_elements(markup: str) -> frozenset[str]:
    """Return the elements that are not HTML's, such as `shop-badge`: no words are closed after they were opened."""
    opened, own = set[str](), set[str]()
    for tag in LESS_THAN.finditer(markup):
        name = (tag["name"] or "").lower()
        if tag["close"] and name in opened:
            own.add(name)
        elif name and not tag["close"]:
            opened.add(name)
    return frozenset(own - AS_IT_STANDS)


def _guarded(markup: str) -> str:
    """Return the HTML with each "&" and "<" that is no tag of it escaped: no words are taken for tags."""
    last_end, last_comment_end = markup.rfind(">"), markup.rfind("-->")
    closings, own = _last_closings(markup), _own_elements(markup)
    unclosed = Counter[str]()

    def guard(tag: re.Match[str]) -> str:
        name = (tag["name"] or "").lower()
        if not name and DECLARATION.match(markup, tag.start()):
            is_comment = markup.startswith("<!--", tag.start())
            return "<" if tag.start() < (last_comment_end if is_comment else last_end) else "&lt;"
        is_tag = _is_known(name) or name in own
        if not is_tag or (name in LEFT_OUT and not tag["close"] and closings[name] < tag.start()):
            return f"&lt;{tag[0][1:]}"
        _count(unclosed, name, closes=bool(tag["close"]), is_empty=(tag["rest"] or "").endswith("/"))
        return tag[0]

    guarded = LESS_THAN.sub(guard, markup.replace("&", "&amp;"))
    if unclosed.total() > MOST_OPEN_ELEMENTS:
        raise UnclearText(f"The HTML opens {unclosed.total():,} elements that it never closes.")
    return guarded


def _count(unclosed: Counter[str], name: str, *, closes: bool, is_empty: bool) -> None:
    if closes:
        unclosed[name] = max(0, unclosed[name] - 1)
    elif name not in VOID and name not in CLOSED_BY_THE_NEXT and not is_empty:
        unclosed[name] += 1


class _Layout:
    """Lines as they come: what is between two texts, a break or the sign of a list, is written before the second."""

    def __init__(self, *, keeps_lines: bool) -> None:
        self._keeps_lines = keeps_lines
        self._written: list[str] = []
        self._breaks = 0
        self._before = ""
        self._numbers: list[int | None] = []  # of the open lists; None for one without numbers
        self._exact = 0

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in "".join(self._written).split("\n")).strip()

    def enter(self, name: str) -> None:
        if name == "br":
            self._break_line()
        self._part(name)
        if name in LISTS:
            self._numbers.append(0 if name == "ol" else None)
        elif name == "li":
            self._before = self._bullet()
        elif name in CELLS and self._breaks == 0 and not self._is_at_start():
            self._before = CELL_SEPARATOR
        self._exact += name == "pre"

    def leave(self, name: str) -> None:
        if name in LISTS and self._numbers:
            self._numbers.pop()
        self._part(name)
        self._exact -= name == "pre"

    def say(self, words: str) -> None:
        said = words if self._exact or self._keeps_lines else SPACES.sub(" ", words)
        if self._breaks or self._before or self._is_at_start():
            said = said.lstrip()
        if said:
            self._write_between()
            self._written.append(said)

    def _part(self, name: str) -> None:
        if name in CELLS or name == "br":
            return
        if name in APART and not self._numbers:
            self._breaks = max(self._breaks, 2)
        elif name in APART or name in LINES:
            self._breaks = max(self._breaks, 1)

    def _break_line(self) -> None:
        if self._breaks:
            self._breaks += 1
        elif self._written:
            self._written.append("\n")

    def _bullet(self) -> str:
        depth = max(len(self._numbers) - 1, 0)
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return f"{'  ' * depth}- "
        self._numbers[-1] = number + 1
        return f"{'  ' * depth}{number + 1}. "

    def _is_at_start(self) -> bool:
        return not self._written or self._written[-1].endswith("\n")

    def _write_between(self) -> None:
        is_separator = self._before == CELL_SEPARATOR
        if self._written:
            self._written.append("\n" * min(self._breaks, 2))
        if not (is_separator and (self._breaks or self._is_at_start())):
            self._written.append(self._before)
        self._breaks, self._before = 0, ""


def _walk(root: "LexborNode", layout: _Layout) -> None:
    """Go through the tree without recursion: its depth is the seller's. (`==` of nodes compares their HTML.)"""
    node: LexborNode | None = root
    while node is not None:
        name = node.tag or ""
        if name == "-text":
            layout.say(node.text_content or "")
        elif name not in LEFT_OUT:
            layout.enter(name)
            if node.child is not None:
                node = node.child
                continue
        node = _after(node, root, layout)


def _after(node: "LexborNode", root: "LexborNode", layout: _Layout) -> "LexborNode | None":
    """Return what follows a node whose children are done, leaving what ends with it."""
    here: LexborNode | None = node
    while here is not None:
        _leave(here, layout)
        if here.mem_id == root.mem_id:
            return None
        if here.next is not None:
            return here.next
        here = here.parent
    return None


def _leave(node: "LexborNode", layout: _Layout) -> None:
    name = node.tag or ""
    if name != "-text" and name not in LEFT_OUT:
        layout.leave(name)

"""The page on which a seller's consent ends: whole in one answer, in the browser's language, with the way back."""

import re
import tomllib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from stoflow.domain.consent import ConsentEnd
from stoflow.http.pages.languages import language_of

HERE: Final = Path(__file__).parent
WORDS: Final = HERE / "consent_words.toml"
STYLE: Final = (HERE / "assets" / "consent.css").read_text(encoding="utf-8")
MARKETPLACES: Final = "marketplaces"
REFUSED: Final = re.compile(r"q\s*=\s*0(\.0*)?")
AGAIN: Final = frozenset({ConsentEnd.KEPT, ConsentEnd.UNAVAILABLE})  # by the same address
STYLE_DIGEST: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address holds a code
    "Vary": "Accept, Accept-Language",
}
LAYOUT: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{heading}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main class="{kind}">
<p class="sign" aria-hidden="true">{sign}</p>
<h1>{heading}</h1>
<p>{text}</p>
<p class="ways">{ways}</p>
</main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """What there is to tell: `account` is the marketplace's name of it, `back` where the seller goes on, or None."""

    end: ConsentEnd
    marketplace: str
    account: str = ""
    back: str | None = None

    def html(self, accepted_languages: str) -> str:
        """Return the page, in the language of those offered that fits best."""
        words = _words()
        language = language_of(accepted_languages, [name for name in words if name != MARKETPLACES])
        own = words[language]
        name = words[MARKETPLACES].get(self.marketplace, self.marketplace.capitalize())
        heading, text = (
            escape(part.format(marketplace=name, account=self.account), quote=True) for part in own[self.end]
        )
        is_good = self.end is ConsentEnd.CONNECTED
        return LAYOUT.format(
            language=language,
            style=STYLE,
            kind="good" if is_good else "bad",
            sign="✓" if is_good else "!",
            heading=heading,
            text=text,
            ways=self._ways(own),
        )

    def _ways(self, own: Mapping[str, str]) -> str:
        again = _link("", own["again"]) if self.end in AGAIN else ""
        if self.back is None:
            return again or escape(own["close"])
        return f"{again} {_link(self.back, own['back'].format(host=urlsplit(self.back).hostname))}".strip()


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>'


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def wants_page(accept: str) -> bool:
    """Say whether a browser asks that is to show the answer: no client and no script names HTML."""
    return any(_is_html(part) for part in accept.split(","))


def _is_html(part: str) -> bool:
    kind, *rest = (piece.strip().lower() for piece in part.split(";"))
    return kind == "text/html" and not any(REFUSED.fullmatch(parameter) for parameter in rest)

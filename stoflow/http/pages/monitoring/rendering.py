"""Templates filled: whole pages, and those parts of them that are sent again while somebody looks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from stoflow.http.pages.monitoring.catalogue import find_views
from stoflow.http.pages.monitoring.page import HOME, Page, Viewer
from stoflow.http.pages.monitoring.sparkline import bars_of
from stoflow.http.rest.problems import Problem

if TYPE_CHECKING:
    from jinja2 import Environment

HERE: Final = Path(__file__).parent
ASSETS: Final = HERE / "assets"
LIVE_BLOCK: Final = "live_"
SHARED: Final = "shared.html"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With no-referrer browsers say `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
}


def render(page: Page, viewer: Viewer, model: Mapping[str, Any], *, live: str = "") -> str:
    """Return the whole page; `live` is the address at which its parts are told again, "" where it does not change."""
    shown = {**_common(page.title, viewer), "here": page, "live": live, **model}
    return _environment().get_template(page.template).render(shown)


def render_parts(page: Page, model: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the parts of a page that change, by name."""
    template = _environment().get_template(page.template)
    names = [name for name in template.blocks if name.startswith(LIVE_BLOCK)]
    return {name: "".join(template.blocks[name](template.new_context(dict(model)))).strip() for name in names}


def render_bare(template: str, title: str, **model: Any) -> str:
    """Return a page of somebody who is not signed in."""
    return _environment().get_template(template).render({**_common(title, None), **model})


def render_problem(problem: Problem, viewer: Viewer | None) -> str:
    title = str(problem.body()["title"])
    shown = {**_common(title, viewer), "here": None, "live": "", "problem": problem}
    return _environment().get_template("problem.html").render(shown)


def _common(title: str, viewer: Viewer | None) -> dict[str, Any]:
    pages = find_views().pages if viewer else ()
    places = [page for page in pages if page.label and viewer and viewer.role.covers(page.role)]
    return {"title": title, "viewer": viewer, "places": places, "assets": _digests()}


@cache
def _digests() -> Mapping[str, str]:
    """Return the address of each file that pages load: another one when its content is another."""
    files = sorted(ASSETS.iterdir())
    return {file.name: f"{HOME}/assets/{file.name}?v={_digest(file.read_bytes())}" for file in files}


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]


@cache
def _environment() -> "Environment":
    """Loaded with the first page that somebody looks at: 2 MiB of an api that shows none."""
    jinja = import_module("jinja2")
    made: Environment = jinja.Environment(
        loader=jinja.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = made.filters
    filters |= {"moment": moment, "number": number, "share": share, "words": words, "query": query}
    everywhere: dict[str, Any] = made.globals
    everywhere["bars_of"] = bars_of
    everywhere["home"] = HOME
    # As a global, since a block that is rendered alone does not run what its template imports.
    everywhere["shared"] = made.get_template(SHARED).module
    return made


def moment(value: datetime | float | None) -> datetime | None:
    """Return a moment in UTC, of one or of seconds since 1970."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(value, UTC) if value is not None else None


def number(value: float) -> str:
    """Return a number with narrow spaces between its thousands."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def share(part: float, whole: float) -> str:
    """Return how much of the whole it is, "–" where there is no whole."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"  # noqa: PLR2004 - two digits are enough


def words(name: str) -> str:
    """Return a kind's name as words."""
    return name.replace("_", " ")


def query(given: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> str:
    """Return what stands behind an address for these parameters, those that are not given left out."""
    pairs = given.items() if isinstance(given, Mapping) else given
    kept = [(name, value) for name, value in pairs if value not in {None, ""}]
    return f"?{urlencode(kept)}" if kept else ""

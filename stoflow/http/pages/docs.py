"""`/docs`: the API in a viewer, and a page to begin with; all that they load comes from here."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

HERE: Final = Path(__file__).parent
ASSETS: Final = HERE / "assets"
VIEWER_PACKAGE: Final = "swagger_ui"  # of swagger-ui-py: its files are read, its code is never imported
FROM_VIEWER: Final = frozenset({"swagger-ui-bundle.js", "swagger-ui.css"})
OWN: Final = frozenset({"docs.css", "docs.js"})
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "public, max-age=300",
}
START: Final = HERE / "start.md"
LAYOUT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
{head}<link rel="stylesheet" href="/docs/assets/docs.css">
</head>
<body>
<nav><a href="/docs">API</a> <a href="/docs/start">Start here</a> <a href="/openapi.json">OpenAPI</a>
<a href="/asyncapi.json">AsyncAPI</a></nav>
<main{attributes}>{content}</main>
{scripts}</body>
</html>
"""
VIEWER: Final = LAYOUT.format(
    title="StoFlow API",
    head='<link rel="stylesheet" href="/docs/assets/swagger-ui.css">\n',
    attributes=' id="api"',
    content="<noscript>The document itself is at /openapi.json.</noscript>",
    scripts='<script src="/docs/assets/swagger-ui-bundle.js"></script>\n<script src="/docs/assets/docs.js"></script>\n',
)


def routes() -> list[Route]:
    """Return the pages, and the files that they load."""
    return [
        Route("/docs", _page(lambda: VIEWER)),
        Route("/docs/start", _page(_start)),
        Route("/docs/assets/{name}", _asset),
    ]


@cache
def _start() -> str:
    """Return the page to begin with: who reads Markdown is loaded with the first one who asks for it."""
    reader = import_module("markdown_it").MarkdownIt("commonmark").enable("table")
    content = reader.render(START.read_text(encoding="utf-8"))
    return LAYOUT.format(title="Start with StoFlow", head="", attributes=' class="text"', content=content, scripts="")


def _page(text: Callable[[], str]) -> Callable[[Request], Response]:
    return lambda _: HTMLResponse(text(), headers=HEADERS)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name in OWN:
        return FileResponse(ASSETS / name, headers=HEADERS)
    viewer = find_spec(VIEWER_PACKAGE) if name in FROM_VIEWER else None
    if viewer is None or not viewer.submodule_search_locations:
        raise HTTPException(404)
    return FileResponse(Path(viewer.submodule_search_locations[0]) / "static" / name, headers=HEADERS)

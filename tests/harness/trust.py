"""Whom clients of tests trust: read once, because reading it takes longer than most of what they ask."""

from typing import Final

import httpx

TRUST: Final = httpx.create_ssl_context()

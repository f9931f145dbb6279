"""The demo's own catalogue: varied products written for it, with photos drawn the first time they are needed."""

import json
from collections.abc import Iterator
from importlib.resources import files
from itertools import cycle
from pathlib import Path
from typing import Any

from stoflow.resources.products.fields.fields import Record, product_of
from stoflow.resources.products.fields.matching import FIELDS
from stoflow.resources.products.fields.settling import settle
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.media import MediaFolder
from stoflow_sandbox.demo.drawing import Subject
from stoflow_sandbox.demo.photos import drawn

CATALOGUE = "demo.ndjson"


def demo_products(media: MediaFolder) -> Iterator[ReadProduct]:
    """Yield the catalogue again and again, without end: who deals it out says how many."""
    entries = [json.loads(line) for line in (files("stoflow_sandbox.demo") / CATALOGUE).read_text("utf-8").splitlines()]
    for line, entry in cycle(enumerate(entries, start=1)):
        photos = tuple(str(path.relative_to(media.root)) for path in photos_of(entry, media))
        product, _ = product_of(Record(settle(tuple(entry), {}), entry, photos))
        yield ReadProduct(line, product, frozenset(FIELDS))


def photos_of(entry: dict[str, Any], media: MediaFolder) -> Iterator[Path]:
    for view in range(1, entry["photos"] + 1):
        yield drawn(media, Subject(entry["shape"], entry["colors"][0], entry["title"], view))

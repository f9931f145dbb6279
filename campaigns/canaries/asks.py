"""What is asked of an api for a tenant: every read that our own table of operations has, and what changes things."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final

from campaigns.canaries.shop import CanaryShop, product_of
from stoflow.domain.role import Role
from stoflow.http.rest.endpoint import Operation
from stoflow.http.routes import find_operations

PLACES: Final = ("vinted", "ebay", "etsy")
VALUES: Final[Mapping[str, Sequence[str]]] = {"marketplace": PLACES, "position": ("1",), "catalogue": ("colors",)}
QUERIES: Final[Mapping[str, str]] = {"previewProduct": "?marketplace=ebay"}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; `foreign` is another's number in its path, which must not be found."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    foreign: str = ""
    asked: str = ""


Asking = Callable[[Random, CanaryShop, CanaryShop], Ask]


def draw(random: Random, shop: CanaryShop, other: CanaryShop) -> Ask:
    """Return the next question of a shop: most of them read, and one in twelve is for what is another's."""
    return random.choices((_read, _another_s, *WRITES), (70, 8, *(22 / len(WRITES) for _ in WRITES)))[0](
        random, shop, other
    )


def cancelling(job: int) -> Ask:
    """Return what takes a job back: its page is told."""
    return _sent("cancel", "POST", f"/api/jobs/{job}/cancel", {})


@cache
def reads() -> Sequence[Operation]:
    """Return what a seller may read."""
    return [one for one in find_operations() if one.method == "GET" and not one.public and one.role is Role.USER]


def _read(random: Random, shop: CanaryShop, _: CanaryShop) -> Ask:
    one = random.choice(reads())
    return Ask(one.name, "GET", _path(random, one, shop.ids))


def _another_s(random: Random, _: CanaryShop, other: CanaryShop) -> Ask:
    one = random.choice([each for each in reads() if "{id}" in each.path])
    number = str(_id(one.path, other.ids))
    return Ask(one.name, "GET", _path(random, one, other.ids), foreign=number)


def _path(random: Random, one: Operation, ids: Mapping[str, int]) -> str:
    def value(match: "re.Match[str]") -> str:
        return str(_id(one.path, ids)) if match[1] == "id" else random.choice(VALUES[match[1]])

    return re.sub(r"\{(\w+)\}", value, one.path) + QUERIES.get(one.name, "")


def _id(path: str, ids: Mapping[str, int]) -> int:
    return ids[path.partition("/{id}")[0]]


def _search(_: Random, __: CanaryShop, other: CanaryShop) -> Ask:
    """Search for another's word: nothing is found, and nothing but the question may say it."""
    return Ask("search", "GET", f"/api/products?text={other.word}", asked=other.word)


def _find(_: Random, shop: CanaryShop, __: CanaryShop) -> Ask:
    return Ask("find", "GET", f"/api/products?text={shop.word}")


def _change(random: Random, shop: CanaryShop, _: CanaryShop) -> Ask:
    changes = {"description": f"Warm {shop.word}, {random.randrange(1000)}."}
    return _sent("change", "PATCH", f"/api/products/{shop.ids['/api/products']}", changes)


def _try_batch(random: Random, shop: CanaryShop, _: CanaryShop) -> Ask:
    body = {"action_type": "publish", "product_ids": [shop.ids["/api/products"]], "name": shop.word}
    return _sent("trial", "POST", f"/api/{random.choice(PLACES)}/batches?dry_run=true", body)


def _job(random: Random, shop: CanaryShop, _: CanaryShop) -> Ask:
    body = {"action_type": "sync", "payload": {"note": shop.word}}
    headers = {"X-Request-ID": f"{shop.word}{random.randrange(10**6)}"}
    return _sent("job", "POST", f"/api/{random.choice(PLACES)}/jobs", body, **headers)


def _same_job(_: Random, __: CanaryShop, ___: CanaryShop) -> Ask:
    """Ask for a job with a key that every tenant uses: each has its own."""
    body = {"action_type": "orders", "payload": {"note": "the same"}}
    return _sent("same job", "POST", "/api/ebay/jobs", body, **{"Idempotency-Key": "everybody-s"})


def _waited(random: Random, shop: CanaryShop, _: CanaryShop) -> Ask:
    """Wait for a job that does not end; most of these clients are gone before."""
    return Ask(
        "waited", "GET", f"/api/jobs/{shop.ids['/api/jobs']}", headers={"Prefer": f"wait={random.choice((1, 2))}"}
    )


def _product(random: Random, shop: CanaryShop, _: CanaryShop) -> Ask:
    own = {**product_of(shop.word, random.randrange(20)), "sku": "", "external_id": ""}
    return _sent("product", "POST", "/api/products", own)


def _sent(kind: str, method: str, path: str, body: Any, **headers: str) -> Ask:
    return Ask(kind, method, path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


WRITES: Final[Sequence[Asking]] = (
    _search, _find, _change, _try_batch, _job, _same_job, _waited, _product,
)  # fmt: skip

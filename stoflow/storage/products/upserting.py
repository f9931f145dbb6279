"""Products of a file: made where nobody has their keys, or their words, else changed where something differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from stoflow.domain.product import Fate, GivenProduct, NewProduct, NotStored, Stored
from stoflow.storage.database.tables import ProductRow
from stoflow.storage.products.file_keys import taken_before
from stoflow.storage.products.keys import Holders, holders_of, holders_of_digests, keys_of, lock_keys
from stoflow.storage.products.photos import replace_photos
from stoflow.storage.products.room import hold_quota, no_room
from stoflow.storage.products.snapshots import add_products, marketplaces_of
from stoflow.storage.products.values import errors_of, product_of, without_id, write

Refusals = dict[int, NotStored]
Results = dict[int, Stored | NotStored]
"""What became of each product, by its place in the batch."""


def upsert_products(
    session: Session, batch: Sequence[GivenProduct], before: Mapping[int, int]
) -> Sequence[Stored | NotStored]:
    """Store what is new, change what differs, and say of each what became of it, in the order of the batch.

    `before` holds the products that the same file gave in earlier batches, each with its line: none is given twice.
    """
    lock_keys(session)
    sorted_ = _sorted(session, batch, before)
    results = sorted_.refused | _added(session, sorted_.new) | _changed(session, sorted_.known)
    return [results[place] for place in range(len(batch))]


def find_products(
    session: Session, batch: Sequence[GivenProduct], before: Mapping[int, int]
) -> Sequence[int | NotStored | None]:
    """Return which product each would change, None for one that would be made, and change nothing."""
    sorted_ = _sorted(session, batch, before)
    known = {place: product for place, (product, _) in sorted_.known.items()}
    return [sorted_.refused.get(place, known.get(place)) for place in range(len(batch))]


def _sorted(session: Session, batch: Sequence[GivenProduct], before: Mapping[int, int]) -> "_Batch":
    alike = holders_of_digests(session, (given.digest for given in batch))
    sorted_ = _Batch(before, holders_of(session, (given.product for given in batch)), alike)
    for place, given in enumerate(batch):
        sorted_.sort(place, given)
    return sorted_


@dataclass(slots=True)
class _Batch:
    """What was given, sorted by what is to become of it; `lines` and `claimed` say where products and keys stand."""

    before: Mapping[int, int]
    holders: Holders
    alike: Mapping[str, Iterator[int]]
    refused: Refusals = field(default_factory=Refusals)
    new: dict[int, GivenProduct] = field(default_factory=dict[int, GivenProduct])
    known: dict[int, tuple[int, GivenProduct]] = field(default_factory=dict[int, tuple[int, GivenProduct]])
    claimed: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    lines: dict[int, int] = field(default_factory=dict[int, int])

    def sort(self, place: int, given: GivenProduct) -> None:
        keys = keys_of(given.product)
        product = self._product_of(keys) if keys else self._product_like(given.digest)
        if isinstance(product, NotStored):
            self.refused[place] = product
            return
        if product is None:
            if error := next(iter(errors_of(given.product)), None):
                self.refused[place] = NotStored(error.field, error.message)
                return
            self.new[place] = given
        else:
            self.lines[product] = given.line
            self.known[place] = product, given
        self.claimed.update(dict.fromkeys(keys.items(), given.line))

    def _product_like(self, digest: str) -> int | None:
        """Return the next product that was given in these words: one for each row that says them."""
        return next((id_ for id_ in self.alike.get(digest, ()) if id_ not in self.before), None)

    def _product_of(self, keys: Mapping[str, str]) -> int | NotStored | None:
        """Return the one product that has the keys, None where nobody has, or why they name none."""
        found = {name: id_ for name, key in keys.items() if (id_ := self.holders[name].get(key))}
        if len(set(found.values())) > 1:
            named = " and ".join(f'the {name} "{keys[name]}" is product {id_}\'s' for name, id_ in found.items())
            return NotStored(next(iter(found)), f"Which product it is cannot be told: {named}.")
        for name, key in keys.items():
            product = found.get(name, 0)
            line = self.claimed.get((name, key)) or self.lines.get(product) or self.before.get(product)
            if line is not None:
                return taken_before(name, key, line)
        return next(iter(found.values()), None)


def _added(session: Session, given: Mapping[int, GivenProduct]) -> Results:
    """Store these until the tenant may have no more; the others are refused one by one."""
    quota = hold_quota(session) if given else None
    room = len(given) if quota is None else quota.left
    new = dict(islice(given.items(), room))
    refused = {place: no_room(quota) for place in given if place not in new} if quota else {}
    return refused | _stored(session, new)


def _stored(session: Session, new: Mapping[int, GivenProduct]) -> Results:
    ids = add_products(session, [given.product for given in new.values()], [given.digest for given in new.values()])
    return {place: Stored(id_, Fate.CREATED) for place, id_ in zip(new, ids, strict=True)}


def _changed(session: Session, known: Mapping[int, tuple[int, GivenProduct]]) -> Results:
    """Change what differs; a product is locked only for that, and looked at once more when it is."""
    rows = _rows(session, [product for product, _ in known.values()])
    differing = [product for product, given in known.values() if _merged(rows[product], given)]
    locked = _rows(session, differing, lock=True)
    results: Results = {}
    repictured: dict[int, NewProduct] = {}
    for place, (product, given) in known.items():
        merged = _merged(locked[product], given) if product in locked else None
        if merged is None:
            results[place] = Stored(product, Fate.UNCHANGED)
        elif error := next(iter(errors_of(merged)), None):
            results[place] = NotStored(error.field, error.message)
        else:
            if merged.images != product_of(locked[product]).images:
                repictured[product] = merged
            write(locked[product], merged)
            results[place] = Stored(product, Fate.CHANGED)
    session.flush()
    replace_photos(session, repictured)
    return results | _for_sale(session, results)


def _rows(session: Session, products: Sequence[int], *, lock: bool = False) -> Mapping[int, ProductRow]:
    """Return the rows, in the order in which everybody locks several."""
    if not products:
        return {}
    query = select(ProductRow).where(ProductRow.id.in_(products)).order_by(ProductRow.id)
    if lock:
        query = query.with_for_update(of=ProductRow).execution_options(populate_existing=True)
    return {row.id: row for row in session.scalars(query)}


def _merged(row: ProductRow, given: GivenProduct) -> NewProduct | None:
    """Return the product with what is given of it; None where that is what it is already."""
    stored = without_id(product_of(row))
    merged = replace(stored, **{name: getattr(given.product, name) for name in given.named})
    if stored.description == stored.title and "description" not in given.named:  # it was taken from the title
        merged = replace(merged, description=merged.title)
    return None if merged == stored else merged


def _for_sale(session: Session, results: Results) -> Results:
    changed = {place: each for place, each in results.items() if isinstance(each, Stored) and each.fate is Fate.CHANGED}
    places = marketplaces_of(session, (each.id for each in changed.values())) if changed else {}
    return {place: replace(each, is_for_sale=True) for place, each in changed.items() if each.id in places}

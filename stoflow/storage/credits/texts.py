"""Texts by a model: reserved before the call, kept after it, and found again by what they are about."""

from dataclasses import dataclass
from typing import Final

from stoflow.domain.described import WrittenText
from stoflow.domain.errors import NoCredits
from stoflow.domain.ids import TenantId
from stoflow.storage.credits.ledger import add, count_left, hold_ledger
from stoflow.storage.database.session import Database, Records

PRICE: Final = 1
KEPT: Final = "interval '30 days'"
FORGET_OLD = f"""
DELETE FROM public.ai_texts WHERE (tenant, digest) IN (
  SELECT tenant, digest FROM public.ai_texts
  WHERE coalesce(made_at, leased_until) < clock_timestamp() - {KEPT} LIMIT 100 FOR UPDATE SKIP LOCKED)
"""
FIND = f"""
SELECT title, description, made_at IS NOT NULL AS is_made, leased_until <= clock_timestamp() AS is_free
FROM public.ai_texts WHERE tenant = %(tenant)s AND digest = %(digest)s
  AND coalesce(made_at, leased_until) >= clock_timestamp() - {KEPT}
"""
TAKE_OVER = """
UPDATE public.ai_texts SET attempt = attempt + 1,
  leased_until = clock_timestamp() + %(lease_s)s::float8 * interval '1 second'
WHERE tenant = %(tenant)s AND digest = %(digest)s RETURNING reservation, attempt
"""
RESERVE = """
INSERT INTO public.ai_texts (tenant, digest, reservation, leased_until)
VALUES (%(tenant)s, %(digest)s, %(reservation)s, clock_timestamp() + %(lease_s)s::float8 * interval '1 second')
ON CONFLICT (tenant, digest) DO UPDATE SET reservation = EXCLUDED.reservation, attempt = 1,
  leased_until = EXCLUDED.leased_until, title = NULL, description = NULL, made_at = NULL
"""
KEEP = """
UPDATE public.ai_texts SET title = %(title)s, description = %(description)s, made_at = clock_timestamp()
WHERE tenant = %(tenant)s AND digest = %(digest)s AND reservation = %(reservation)s AND made_at IS NULL
"""
# Whoever took over goes on with the reservation: then it is theirs.
GIVE_BACK = """
DELETE FROM public.ai_texts
WHERE tenant = %(tenant)s AND digest = %(digest)s AND reservation = %(reservation)s AND attempt = %(attempt)s
  AND made_at IS NULL
"""
RELEASE = """
UPDATE public.ai_texts SET leased_until = clock_timestamp()
WHERE tenant = %(tenant)s AND digest = %(digest)s AND reservation = %(reservation)s AND attempt = %(attempt)s
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A credit taken for one text; the call may be made by who holds it."""

    tenant: TenantId
    digest: str
    reservation: int
    attempt: int

    @property
    def values(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


class UnderWay:
    """Somebody else calls for it now."""


def reserve(database: Database, tenant: TenantId, digest: str, lease_s: float) -> WrittenText | Reservation | UnderWay:
    """Return the text that is there, or take a credit for it: the one that was taken before where no answer came.

    Raise NoCredits where none is left.
    """
    with database.records() as connection:
        connection.execute(FORGET_OLD)
        hold_ledger(connection, tenant)
        values = {"tenant": tenant, "digest": digest, "lease_s": lease_s}
        row = connection.execute(FIND, values).fetchone()
        if row is None:
            return _reserved(connection, tenant, digest, lease_s)
        if row["is_made"]:
            return WrittenText(row["title"], row["description"])
        if not row["is_free"]:
            return UnderWay()
        taken = connection.execute(TAKE_OVER, values).fetchone()
        assert taken is not None
        return Reservation(tenant, digest, **taken)


def _reserved(connection: Records, tenant: TenantId, digest: str, lease_s: float) -> Reservation:
    if count_left(connection, tenant) < PRICE:
        raise NoCredits
    number = add(connection, tenant, "reserve", -PRICE, digest=digest)
    reservation = Reservation(tenant, digest, number, 1)
    connection.execute(RESERVE, {**reservation.values, "lease_s": lease_s})
    return reservation


def settle(database: Database, held: Reservation, text: WrittenText) -> None:
    """Keep the text, which is paid for with that; one that somebody else settled first stays as it is."""
    values = {**held.values, "title": text.title, "description": text.description}
    with database.records() as connection:
        hold_ledger(connection, held.tenant)
        if connection.execute(KEEP, values).rowcount:
            add(connection, held.tenant, "settle", 0, digest=held.digest, reservation=held.reservation)


def give_back(database: Database, held: Reservation) -> None:
    """Give the credit back for a call that certainly brought nothing."""
    with database.records() as connection:
        hold_ledger(connection, held.tenant)
        if connection.execute(GIVE_BACK, held.values).rowcount:
            add(connection, held.tenant, "release", PRICE, digest=held.digest, reservation=held.reservation)


def release(database: Database, held: Reservation) -> None:
    """Let whoever asks the same again go on with this reservation, since no answer came."""
    with database.records() as connection:
        connection.execute(RELEASE, held.values)

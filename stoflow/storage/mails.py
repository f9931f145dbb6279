"""Mails to be sent: rows made in the transaction that wants one, and gone when a mail server has taken it.

No token and no address is in them: both are looked up, and the token made, by whoever sends.
"""

from dataclasses import dataclass
from typing import Final

from stoflow.domain.ids import TenantId
from stoflow.domain.mail import MailKind
from stoflow.storage.database.session import Database, Records

FIRST_WAIT_S: Final = 30.0  # longer than one try takes: a process that died meanwhile is not doubled
LONGEST_WAIT_S: Final = 3600.0

# One that waits is enough, however often it is asked for. What is not wanted of an account costs as much as what is.
ASK = """
INSERT INTO public.mails (tenant, kind)
SELECT id, %(kind)s FROM public.users u WHERE email = %(email)s AND is_active
  AND NOT (%(kind)s = 'verify' AND email_verified)
  AND NOT EXISTS (SELECT FROM public.mails m WHERE m.tenant = u.id AND m.kind = %(kind)s)
"""
ASK_OF = "INSERT INTO public.mails (tenant, kind) VALUES (%(tenant)s, %(kind)s)"
TAKE = """
UPDATE public.mails m SET tries = m.tries + 1, next_at = clock_timestamp()
  + least(%(longest_s)s::float8, %(first_s)s::float8 * power(2, m.tries)) * interval '1 second'
FROM (
  SELECT id FROM public.mails WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
) due, public.users u
WHERE m.id = due.id AND u.id = m.tenant
RETURNING m.id, m.tenant, m.kind, m.asked_at < clock_timestamp() - interval '1 day' AS is_late, u.email
"""
DROP = "DELETE FROM public.mails WHERE id = %(id)s"


@dataclass(frozen=True, slots=True)
class DueMail:
    """`is_late`: it was tried for a day."""

    id: int
    tenant: TenantId
    kind: MailKind
    is_late: bool
    email: str


def ask_for_mail(database: Database, email: str, kind: MailKind) -> None:
    """Have a mail sent to whoever has this address; where nobody has, the same is done, and nothing comes of it."""
    with database.records() as connection:
        connection.execute(ASK, {"email": email, "kind": kind})


def ask_for_mail_on(connection: Records, tenant: TenantId, kind: MailKind) -> None:
    connection.execute(ASK_OF, {"tenant": tenant, "kind": kind})


def take_due_mail(database: Database) -> DueMail | None:
    """Return one whose time has come; it comes again, ever later, until it is dropped."""
    with database.records() as connection:
        row = connection.execute(TAKE, {"first_s": FIRST_WAIT_S, "longest_s": LONGEST_WAIT_S}).fetchone()
    if row is None:
        return None
    return DueMail(row["id"], TenantId(row["tenant"]), MailKind(row["kind"]), row["is_late"], row["email"])


def drop_mail(database: Database, mail: int) -> None:
    with database.records() as connection:
        connection.execute(DROP, {"id": mail})

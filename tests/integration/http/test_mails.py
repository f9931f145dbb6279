"""What mails are for, from asking to a real mail server to what the token in them does."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from stoflow.cli.work.tenant import tenant as tenant_command
from stoflow.domain.errors import InputError
from stoflow.domain.mail import Mail
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.transports.mail import MailServer
from stoflow.upkeep.mailing import Mailing
from tests.harness.mailbox import Mailbox, mail_server
from tests.harness.trust import TRUST

ANNA, PASSWORD, OTHER = "anna@example.com", "correct horse battery", "a staple of another kind"
SENDER = "StoFlow <no-reply@stoflow.example>"
PAGE = "https://shop.example/account"
Ask = Callable[..., httpx.Response]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def mailing(database: Database, mailbox: Mailbox) -> Mailing:
    return Mailing(database, MailServer(mailbox.url, SENDER).send, PAGE)


@pytest.fixture
def ask(real_url: str) -> Iterator[Ask]:
    with httpx.Client(verify=TRUST, base_url=real_url, timeout=60) as client:
        yield lambda path, bearer="", **body: client.post(
            path, json=body, headers={"Authorization": f"Bearer {bearer}"} if bearer else {}
        )


@pytest.fixture
def anna(ask: Ask) -> dict[str, Any]:
    made = ask("/auth/register", email=ANNA, password=PASSWORD)
    assert made.status_code == 201, made.text
    return made.json()


def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    with database.records() as connection:
        return connection.execute(statement.encode()).fetchall()


def make_due(database: Database) -> None:
    with database.records() as connection:
        connection.execute("UPDATE public.mails SET next_at = clock_timestamp()")


def test_who_registers_is_mailed_and_confirms_the_address_once(
    ask: Ask, anna: dict[str, Any], database: Database, mailing: Mailing, mailbox: Mailbox
) -> None:
    assert mailing.turn() == 1
    (mail,) = mailbox.mails
    assert (mail["To"], mail["From"], mailbox.recipients) == (ANNA, SENDER, [ANNA])
    assert f"{PAGE}#verify={mailbox.token()}" in mail.get_content()
    assert ask("/auth/verify", token="sfm_wrong").status_code == 422
    assert ask("/auth/verify", token=mailbox.token()).json() == {"status": "verified"}
    assert ask("/auth/verify", token=mailbox.token()).status_code == 422
    assert rows(database, "SELECT email_verified FROM public.users") == [{"email_verified": True}]
    assert mailing.turn() == 0
    assert ask("/auth/verify/resend", email=ANNA).status_code == 202  # nothing is left to confirm
    assert mailing.turn() == 0


def test_a_mail_is_sent_again_on_request(ask: Ask, anna: dict[str, Any], mailing: Mailing, mailbox: Mailbox) -> None:
    mailing.turn()
    first = mailbox.token()
    assert ask("/auth/verify/resend", email=" ANNA@example.com").status_code == 202
    assert mailing.turn() == 1
    assert first != mailbox.token()
    assert ask("/auth/verify", token=first).status_code == 200


def test_a_forgotten_password_is_replaced_once_and_every_sign_in_ends(
    ask: Ask, anna: dict[str, Any], mailing: Mailing, mailbox: Mailbox, database: Database
) -> None:
    mailing.turn()
    assert ask("/auth/password/forgot", email=ANNA).status_code == 202
    assert ask("/auth/password/forgot", email=ANNA).status_code == 202
    assert mailing.turn() == 1  # one is enough
    token = mailbox.token()
    assert ask("/auth/password/reset", token=token, new_password=ANNA).status_code == 422
    assert ask("/auth/password/reset", token=token, new_password="short").status_code == 422
    assert ask("/auth/verify", token=token).status_code == 422  # it is for something else
    reset = {"token": token, "new_password": OTHER}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: ask("/auth/password/reset", **reset), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert ask("/auth/refresh", refresh_token=anna["refresh_token"]).status_code == 401
    assert ask("/auth/login", email=ANNA, password=PASSWORD).status_code == 401
    assert ask("/auth/login", email=ANNA, password=OTHER).status_code == 200
    acts = [row["act"] for row in rows(database, "SELECT act FROM public.audit_log ORDER BY id")]
    assert acts == ["password.reset"]


def test_a_new_password_makes_tokens_that_are_still_out_worthless(
    ask: Ask, anna: dict[str, Any], mailing: Mailing, mailbox: Mailbox
) -> None:
    ask("/auth/password/forgot", email=ANNA)
    mailing.turn()
    changed = ask("/api/account/password", anna["access_token"], current_password=PASSWORD, new_password=OTHER)
    assert changed.status_code == 200
    tokens = [mail.get_content() for mail in mailbox.mails if "password" in mail["Subject"]]
    assert len(tokens) == 1
    assert ask("/auth/password/reset", token=mailbox.token(), new_password=PASSWORD).status_code == 422


def test_a_token_ends_with_its_time_and_with_a_suspension(
    ask: Ask, anna: dict[str, Any], mailing: Mailing, mailbox: Mailbox, database: Database
) -> None:
    mailing.turn()
    ask("/auth/password/forgot", email=ANNA)
    mailing.turn()
    reset = {"token": mailbox.token(), "new_password": OTHER}
    left = rows(database, "SELECT expires_at - now() AS left FROM public.account_tokens WHERE kind = 'reset'")
    assert 1790 < left[0]["left"].total_seconds() <= 1800
    rows(database, "UPDATE public.users SET is_active = false RETURNING id")
    assert ask("/auth/password/reset", **reset).status_code == 422
    ask("/auth/password/forgot", email=ANNA)
    assert mailing.turn() == 0
    rows(database, "UPDATE public.users SET is_active = true RETURNING id")
    rows(database, "UPDATE public.account_tokens SET expires_at = now() RETURNING 1 AS done")
    assert ask("/auth/password/reset", **reset).status_code == 422
    assert ask("/auth/login", email=ANNA, password=PASSWORD).status_code == 200


def test_a_known_and_an_unknown_address_are_answered_alike(ask: Ask, anna: dict[str, Any], database: Database) -> None:
    for path in ("/auth/password/forgot", "/auth/verify/resend"):
        answers = {
            (answer.status_code, answer.text) for answer in (ask(path, email=ANNA), ask(path, email="x@y.example"))
        }
        assert answers == {(202, '{"status":"sent_if_known"}')}
    for _ in range(3):
        assert ask("/auth/password/forgot", email=ANNA).status_code == 202
    assert len(rows(database, "SELECT FROM public.mails")) == 2


def test_who_asks_too_often_waits_and_nobody_is_flooded_with_mails(
    ask: Ask, anna: dict[str, Any], mailing: Mailing, mailbox: Mailbox
) -> None:
    mailing.turn()
    for _ in range(10):
        assert ask("/auth/password/forgot", email=ANNA).status_code == 202
        mailing.turn()
    refused = ask("/auth/password/forgot", email="x@y.example")
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert len(mailbox.mails) == 1 + 3


def test_a_mail_waits_for_a_mail_server_that_is_away_or_busy_and_is_then_sent_once(
    ask: Ask, anna: dict[str, Any], database: Database, mailing: Mailing, mailbox: Mailbox
) -> None:
    away = Mailing(database, MailServer("smtp://127.0.0.1:1", SENDER).send, "")
    assert (away.turn(), away.turn()) == (1, 0)  # not again at once
    mailbox.refusal = "451 try later"
    make_due(database)
    assert (mailing.turn(), mailbox.mails) == (1, [])
    mailbox.refusal = ""
    make_due(database)
    assert (mailing.turn(), mailing.turn(), len(mailbox.mails)) == (1, 0, 1)
    assert ask("/auth/verify", token=mailbox.token()).status_code == 200


def test_a_mail_is_given_up_where_it_is_refused_for_good_or_after_a_day(
    ask: Ask, anna: dict[str, Any], database: Database, mailing: Mailing, mailbox: Mailbox, caplog: Any
) -> None:
    caplog.set_level(logging.INFO)
    mailbox.refusal = f"550 nobody here is {ANNA}"
    assert mailing.turn() == 1
    assert rows(database, "SELECT FROM public.mails") == []
    ask("/auth/verify/resend", email=ANNA)
    rows(database, "UPDATE public.mails SET asked_at = now() - interval '25 hours' RETURNING id")
    mailbox.refusal = "451 try later"
    assert mailing.turn() == 1
    assert rows(database, "SELECT FROM public.mails") == []
    told = [record.getMessage() for record in caplog.records if record.name.startswith("stoflow")]
    assert any("550 nobody here is the address" in line for line in told)
    assert not any(ANNA in line for line in told)


def test_of_several_who_send_each_sends_other_mails(
    ask: Ask, database: Database, mailing: Mailing, mailbox: Mailbox
) -> None:
    for number in range(6):
        assert ask("/auth/register", email=f"s{number}@example.com", password=PASSWORD).status_code == 201
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: mailing.turn(), range(3))) == 6
    assert sorted(mailbox.recipients) == [f"s{number}@example.com" for number in range(6)]


def test_without_a_mail_server_a_log_line_brings_the_token(
    ask: Ask, anna: dict[str, Any], database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert Mailing(database, None, PAGE).turn() == 1
    (line,) = [record.getMessage() for record in caplog.records if "STOFLOW_SMTP_URL" in record.getMessage()]
    token = line.rpartition("#verify=")[2].split()[0].rstrip(".")
    assert ask("/auth/verify", token=token).status_code == 200
    assert ANNA not in line


def test_an_operator_hands_out_a_way_to_a_new_password(
    ask: Ask, anna: dict[str, Any], settings: Settings, database: Database
) -> None:
    made = CliRunner().invoke(tenant_command, ["password", str(anna["tenant"])], obj=settings)
    assert made.exit_code == 0, made.output
    assert ask("/auth/password/reset", token=made.stdout.strip(), new_password=OTHER).status_code == 200
    assert ask("/auth/login", email=ANNA, password=OTHER).status_code == 200
    assert CliRunner().invoke(tenant_command, ["password", "999"], obj=settings).exit_code == 1
    acts = [row["act"] for row in rows(database, "SELECT act FROM public.audit_log ORDER BY id")]
    assert acts == ["password.token_made", "password.reset"]


def test_an_address_that_is_none_to_a_mail_server_is_no_second_recipient(mailbox: Mailbox) -> None:
    for address in ("a,b@example.com", "a <b@example.com>", "a\r\nBcc: b@example.com"):
        with pytest.raises(InputError):
            MailServer(mailbox.url, SENDER).send(Mail(address, "Hello", "text"))
    assert mailbox.mails == []

"""Scenes in which the machine is away: the line cut, an hour without a network, asleep, the token ended meanwhile."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from campaigns.extension.stage import VINTED, Stage, hold_of, wait
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.token_families import begin_on
from stoflow.storage.database.connecting import plain_url

NEARLY_ENDED_MS = 14 * 60_000
TEN_MINUTES_MS = 10 * 60_000
HOUR_MS = 60 * 60_000
USED_TOKENS = """
SELECT count(*) AS number FROM public.refresh_tokens t JOIN public.token_families f ON f.id = t.family
WHERE t.used_at IS NOT NULL AND f.revoked_at IS NULL
"""


def token_renewed(stage: Stage) -> None:
    """The platform's page hands a newer token over, and the open socket is told; near its end it is renewed."""
    said = handed_over(stage, stage.tenant)
    assert said == {"ok": True, "is_on": True}, said
    wait(lambda: stage.browser.state()["renewed"], "StoFlow has taken the token")
    assert handed_over(stage, TenantId(stage.tenant + 1))["ok"] is False, "another seller's token was taken"
    assert handed_over(stage, stage.tenant, refresh_token=signed_in(stage))["ok"]
    told = stage.browser.state()["renewed"]
    stage.browser.ask("jump", ms=NEARLY_ENDED_MS)
    wait(lambda: used_tokens(stage) == 1, "the refresh token is exchanged")
    wait(lambda: stage.browser.state()["renewed"] > told, "StoFlow has taken the token that it brought")
    stage.publish()
    assert used_tokens(stage) == 1, "a clock that is fast has it renewed again and again"


def line_cut(stage: Stage) -> None:
    """The line is cut in the middle of a command, and for a while: the answer is kept, and the next job waits."""
    before = len(stage.ledger("draft.create"))
    stage.script("draft.create", "slow")
    job = stage.ask("publish", next(stage.products))
    wait(lambda: stage.browser.state()["doing"] == "vinted.draft.create", "it is being done")
    stage.cable.cut()
    wait(lambda: len(stage.ledger("draft.create")) > before, "the site has done it")
    waiting = stage.ask("publish", next(stage.products))
    wait(lambda: hold_of(stage, waiting) != "", "it is said what the job waits for")
    stage.cable.mend()
    stage.wait_for(job)
    stage.wait_for(waiting)
    assert len(stage.ledger("draft.create")) == before + 2


def offline(stage: Stage) -> None:
    """Neither StoFlow nor the site is reached for an hour, from the middle of an act on: the token ends meanwhile."""
    job, sent, used = sending(stage), len(stage.ledger("message.send")), used_tokens(stage)
    for cable in (stage.cable, stage.site_cable):
        cable.cut()
    stage.browser.ask("jump", ms=HOUR_MS)
    waiting = gone_until_the_deadline_passed(stage, job, sent)
    assert used_tokens(stage) == used
    for cable in (stage.site_cable, stage.cable):
        cable.mend()
    wait(lambda: used_tokens(stage) > used, "it comes back with a newer token")
    stage.wait_for(job)
    stage.wait_for(waiting)
    assert len(stage.ledger("message.send")) == sent + 1


def asleep(stage: Stage) -> None:
    """The laptop is closed in the middle of an act, and wakes ten minutes later by its own clock."""
    job, sent = sending(stage), len(stage.ledger("message.send"))
    stage.browser.sleep()
    waiting = gone_until_the_deadline_passed(stage, job, sent)
    stage.browser.wake()
    stage.browser.ask("jump", ms=TEN_MINUTES_MS)
    stage.wait_for(job)
    stage.wait_for(waiting)
    assert len(stage.ledger("message.send")) == sent + 1


# --- what they share ---


def handed_over(stage: Stage, tenant: TenantId, **more: str) -> Mapping[str, Any]:
    """Let the platform's page hand over a new token of this tenant; return what it is answered."""
    token = stage.made.sellers[stage.tenant].tokens.issue_access_token(tenant)
    message = {"kind": "stoflow.token", "access_token": token, **more}
    return stage.browser.ask("hand_over", url=f"{stage.made.api_url}/docs", message=message)


def signed_in(stage: Stage) -> str:
    """Sign the seller in; return the refresh token."""
    with database(stage) as connection:
        known = connection.execute("SELECT hashed_password FROM public.users WHERE id = %s", [stage.tenant]).fetchone()
        assert known
        begun = begin_on(connection, stage.tenant, known["hashed_password"])
        assert begun
        return begun.text


def used_tokens(stage: Stage) -> int:
    """Return how many refresh tokens were exchanged of sign-ins that hold."""
    with database(stage) as connection:
        (row,) = connection.execute(USED_TOKENS)
        return int(row["number"])


def database(stage: Stage) -> psycopg.Connection[DictRow]:
    return psycopg.Connection[DictRow].connect(plain_url(stage.made.database_url), row_factory=dict_row)


def sending(stage: Stage) -> int:
    """Ask for a message, and return its job while the site is about to take it."""
    _, listing = stage.listed[-1]
    conversation = stage.behave("write", listing_id=listing, text="Would you take less?")["offer_id"]
    stage.script("message.send", "slow")
    stage.browser.ask("arm", site=stage.site, part="/replies")
    job = stage.ask("message", conversation_id=conversation, text="No.")
    stage.browser.ask("strike", blow="")
    return job


def gone_until_the_deadline_passed(stage: Stage, job: int, sent: int) -> int:
    """Wait until the site has done it, the plugin is taken for gone and its answer is late; return a job that waits."""
    wait(lambda: len(stage.ledger("message.send")) == sent + 1, "the site has sent it")
    wait(lambda: stage.client.connection(VINTED)["state"] == "offline", "the plugin is taken for gone")
    wait(lambda: any(task["verifying"] for task in stage.client.job(job)["tasks"]), "nobody knows what came of it")
    waiting = stage.ask("publish", next(stage.products))
    wait(lambda: hold_of(stage, waiting) == "plugin_offline", "the job waits for the plugin")
    return waiting

"""One rule to a file: each says its reason, until when, and who ends it, and is silent where nothing holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stoflow.admission.asking import Verdict, holds_of, judge_place
from stoflow.admission.facts import Conditions, Place, Work
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule, known_rules
from stoflow.admission.rules.blackout import window_end
from stoflow.domain.application import Channel, RefusalMark
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import PAUSED_UNTIL, PutOff
from stoflow.domain.outcome import Lock
from stoflow.settings import Settings, SettingsError, load

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
FREE = Place(tenant=TenantId(7), marketplace="shop", now=NOW, settings=Conditions().settings)
WORK = Work(place=FREE, action="publish", cap=2)

ONE_EACH: list[tuple[str, dict[str, Any], dict[str, Any], Release, datetime | None]] = [
    ("suspended", {"suspended": True}, {}, Release.OPERATOR, None),
    ("seller_must_act", {"halted": "the consent ended"}, {}, Release.SELLER, None),
    ("account_locked", {"halted": "closed", "lock": Lock(SOON, "https://shop/u")}, {}, Release.SELLER, SOON),
    ("limit_reached", {"resume_at": SOON}, {}, Release.ITSELF, SOON),
    ("application_refused", {"refusal": RefusalMark("now", "no such client")}, {}, Release.OPERATOR, None),
    ("application_refused", {"refusal": RefusalMark("now", "", Channel.QUOTA)}, {}, Release.ITSELF, None),
    ("order", {}, {"behind": JobId(3)}, Release.ITSELF, None),
    ("order", {}, {"behind": JobId(3), "put_off": PutOff(JobId(4), SOON)}, Release.ITSELF, SOON),
    ("order", {}, {"behind": JobId(3), "put_off": PutOff(JobId(3), PAUSED_UNTIL)}, Release.OPERATOR, None),
    ("plugin_offline", {"by_plugin": True, "plugin_connected": False}, {}, Release.SELLER, None),
    ("terms_not_accepted", {"terms_due": True}, {}, Release.SELLER, None),
    ("no_orchestrator", {}, {"orchestrators": 0, "decided": None}, Release.OPERATOR, None),
    ("owner_changing", {}, {"decided": None}, Release.ITSELF, None),
    ("no_worker", {}, {"served": None}, Release.OPERATOR, None),
    ("older_only", {}, {"decided": False}, Release.OPERATOR, None),
    ("not_before", {}, {"not_before": SOON}, Release.ITSELF, SOON),
    ("verifying", {}, {"look_at": SOON}, Release.ITSELF, SOON),
    ("accepted", {}, {"look_at": SOON, "accepted_until": SOON}, Release.ITSELF, SOON),
    ("late_copy", {}, {"late_until": SOON}, Release.ITSELF, SOON),
    ("retry", {}, {"retry_at": SOON, "error": "HTTP 503"}, Release.ITSELF, SOON),
    ("pace", {}, {"pace_until": SOON}, Release.ITSELF, SOON),
    ("cap", {}, {"in_flight": 2}, Release.ITSELF, None),
]


def work_of(place: dict[str, Any], work: dict[str, Any]) -> Work:
    return replace(WORK, place=replace(FREE, **place), **work)


def with_blackout(**windows: str) -> Settings:
    return load(env_file=None, blackout={name.replace("_", "/"): window for name, window in windows.items()})


@pytest.mark.parametrize(("kind", "place", "work", "release", "until"), ONE_EACH, ids=[each[0] for each in ONE_EACH])
def test_each_reason_is_told_alone_with_who_ends_it_and_until_when(
    kind: str, place: dict[str, Any], work: dict[str, Any], release: Release, until: datetime | None
) -> None:
    (hold,) = holds_of(work_of(place, work))
    assert (hold.kind, hold.release, hold.until) == (kind, release, until)
    assert hold.detail


def test_what_an_old_program_has_paused_is_not_told_as_a_time() -> None:
    (hold,) = holds_of(replace(WORK, not_before=PAUSED_UNTIL))
    assert (hold.kind, hold.release, hold.until) == ("not_before", Release.OPERATOR, None)
    assert "an old program has paused it" in hold.detail


def test_what_nothing_holds_has_no_reason() -> None:
    assert holds_of(WORK) == ()
    assert judge_place(FREE) == Verdict()


def test_every_rule_that_there_is_is_tried_here() -> None:
    assert len(known_rules()) == len({kind for kind, *_ in ONE_EACH}) + 1  # and the blackout, below
    assert len({rule.rank for rule in known_rules()}) == len(known_rules())


def test_all_reasons_are_told_the_most_lasting_first() -> None:
    held = replace(WORK, place=replace(FREE, suspended=True), behind=JobId(3), pace_until=SOON)
    assert [hold.kind for hold in holds_of(held)] == ["suspended", "order", "pace"]


@pytest.mark.parametrize("what", ["orchestrators", "served", "decided", "in_flight"])
def test_what_is_under_way_waits_for_no_process_and_no_room(what: str) -> None:
    lacking = {"orchestrators": 0, "served": None, "decided": None, "in_flight": 2}
    assert holds_of(replace(WORK, under_way=True, **{what: lacking[what]})) == ()


@pytest.mark.parametrize(
    ("known", "stops"),
    [
        ({"suspended": True}, {Stops.ACTING}),
        ({"halted": ""}, {Stops.ALL}),
        ({"by_plugin": True, "plugin_connected": False}, {Stops.ALL}),
        ({"refusal": RefusalMark()}, {Stops.ALL_BUT_TRIES}),
        ({"settings": with_blackout(shop="11:00-13:00")}, {Stops.BEGINNING}),
    ],
    ids=["suspended", "halted", "offline", "refused", "blackout"],
)
def test_a_place_is_stopped_as_far_as_its_reason_goes(known: dict[str, Any], stops: set[Stops]) -> None:
    assert judge_place(replace(FREE, **known)).stops == stops


def test_a_look_goes_on_where_the_tenant_is_suspended_and_what_has_begun_in_a_blackout() -> None:
    suspended = judge_place(replace(FREE, suspended=True))
    assert suspended.lets(begun=False, looking=True)
    assert not suspended.lets(begun=True, looking=False)
    dark = judge_place(replace(FREE, settings=with_blackout(shop="11:00-13:00")))
    assert dark.lets(begun=True, looking=False)
    assert not dark.lets(begun=False, looking=False)
    assert dark.stops_new


@pytest.mark.parametrize("name", ["shop", "7", "7_shop"])
def test_a_blackout_is_a_marketplaces_a_tenants_or_a_tenants_at_a_marketplace(name: str) -> None:
    (hold,) = holds_of(work_of({"settings": with_blackout(**{name: "11:00-13:30"})}, {}))
    assert hold == Hold(
        "blackout", "nothing begins at shop until 2026-11-28T13:30:00+00:00", until=NOW.replace(hour=13, minute=30)
    )
    elsewhere = {"tenant": TenantId(8), "marketplace": "other", "settings": with_blackout(**{name: "11:00-13:30"})}
    assert holds_of(work_of(elsewhere, {})) == ()


@pytest.mark.parametrize(
    ("window", "at", "ends"),
    [
        ("22:00-07:00", "2026-11-28T23:30:00+00:00", "2026-11-29T07:00:00+00:00"),
        ("22:00-07:00", "2026-11-29T06:59:59+00:00", "2026-11-29T07:00:00+00:00"),
        ("22:00-07:00", "2026-11-29T07:00:00+00:00", None),
        ("12:00-13:00@Europe/Paris", "2026-11-28T11:30:00+00:00", "2026-11-28T13:00:00+01:00"),
        ("12:00-13:00@Europe/Paris", "2026-07-28T11:30:00+00:00", None),
        ("00:00-00:00", "2026-11-28T12:00:00+00:00", "2026-11-29T00:00:00+00:00"),
        ("22:00-02:30@Europe/Paris", "2026-10-25T00:15:00+00:00", "2026-10-25T02:30:00+01:00"),
        ("22:00-02:30@Europe/Paris", "2026-10-25T01:15:00+00:00", "2026-10-25T02:30:00+01:00"),
        ("02:15-05:00@Europe/Paris", "2026-10-25T01:00:00+00:00", "2026-10-25T05:00:00+01:00"),
        ("22:00-02:30@Europe/Paris", "2026-03-29T01:10:00+00:00", "2026-03-29T03:30:00+02:00"),
    ],
    ids=[
        "before midnight",
        "after midnight",
        "its end",
        "a zone in winter",
        "a zone in summer",
        "all day",
        "an end that comes twice",
        "its second time",
        "a begin that comes twice",
        "an end that is skipped",
    ],
)
def test_a_window_ends_by_its_own_clock(window: str, at: str, ends: str | None) -> None:
    end = window_end(window, datetime.fromisoformat(at))
    assert (end and end.isoformat()) == ends


@pytest.mark.parametrize("wrong", ["22-07", "25:00-01:00", "22:00-07:00@Mars/Olympus", "always"])
def test_a_window_that_is_none_is_refused_by_the_name_of_its_setting(wrong: str) -> None:
    with pytest.raises(SettingsError, match="STOFLOW_BLACKOUT is wrong"):
        load(env_file=None, blackout={"shop": wrong})


def test_every_rule_of_a_place_says_what_it_stops() -> None:
    assert {rule.stops for rule in known_rules() if isinstance(rule, PlaceRule)} == set(Stops)


def test_a_plugin_that_was_there_before_there_was_a_notice_acts_until_its_time_is_over() -> None:
    before = replace(FREE, terms_due=True, terms_until=SOON)
    assert judge_place(before) == Verdict()
    (hold,) = judge_place(replace(before, now=SOON)).holds
    path = "/api/shop/plugin-terms"
    assert hold.detail.endswith(f"acts for them on shop: show them GET {path}, and PUT there what they accepted")


def test_another_wording_is_to_be_accepted_anew_and_where_there_is_none_nothing_is_asked() -> None:
    asked = Conditions(terms={"shop": "2026-10"})
    assert asked.asks("shop", {"shop 2025-01", "fair 2026-10"})
    assert not asked.asks("shop", {"shop 2026-10"})
    assert not asked.asks("fair", ())

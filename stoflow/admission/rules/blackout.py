"""Hours of the day in which nothing begins: of a marketplace, of one tenant, or of one tenant at a marketplace."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule


def judge(place: Place) -> Hold | None:
    ends = [window_end(window, place.now) for window in _windows(place)]
    until = max((end for end in ends if end is not None), default=None)
    if until is None:
        return None
    return Hold("blackout", f"nothing begins at {place.marketplace} until {until.isoformat()}", Release.ITSELF, until)


def window_end(window: str, now: datetime) -> datetime | None:
    """Return when "22:00-07:00@Europe/Paris" ends where `now` is within it; without a zone it is UTC.

    A window whose end is its begin or before is over midnight.
    """
    hours, _, zone = window.partition("@")
    begin, end = (time.fromisoformat(hour) for hour in hours.split("-"))
    local = now.astimezone(ZoneInfo(zone or "UTC"))
    for day in (local.date() - timedelta(days=1), local.date()):
        begins = datetime.combine(day, begin, local.tzinfo)
        ends = datetime.combine(day + timedelta(days=end <= begin), end, local.tzinfo)
        if begins <= local < ends:
            return ends
    return None


def _windows(place: Place) -> list[str]:
    named = (place.marketplace, f"{place.tenant}", f"{place.tenant}/{place.marketplace}")
    return [place.settings.blackout[name] for name in named if name in place.settings.blackout]


RULE = PlaceRule(rank=110, stops=Stops.BEGINNING, judge=judge)

"""Hours of the day in which nothing begins: of a marketplace, of one tenant, or of one tenant at a marketplace."""

from datetime import UTC, date, datetime, time, timedelta
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

    A window whose end is its begin or before is over midnight. Where clocks are changed in it, it is never shortened.
    """
    hours, _, name = window.partition("@")
    begin, end = (time.fromisoformat(hour) for hour in hours.split("-"))
    zone = ZoneInfo(name or "UTC")
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        begins = min(_instants(day, begin, zone))
        ends = max(_instants(day + timedelta(days=end <= begin), end, zone))
        if begins <= now < ends:
            return ends.astimezone(zone)
    return None


def _instants(day: date, hour: time, zone: ZoneInfo) -> list[datetime]:
    """Return the two readings of an hour that clocks show twice or skip, which are one on other days.

    In UTC, since Python compares times of one zone by what their clock shows.
    """
    return [datetime.combine(day, hour.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]


def _windows(place: Place) -> list[str]:
    named = (place.marketplace, f"{place.tenant}", f"{place.tenant}/{place.marketplace}")
    return [place.settings.blackout[name] for name in named if name in place.settings.blackout]


RULE = PlaceRule(rank=110, stops=Stops.BEGINNING, judge=judge)

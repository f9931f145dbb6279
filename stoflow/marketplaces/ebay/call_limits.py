"""How many calls eBay still takes from the application, all sellers together, as eBay itself counts them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from stoflow.domain.call import Reply
from stoflow.domain.errors import EbayError
from stoflow.marketplaces.call_limits import CallLimit, CallLimits
from stoflow.marketplaces.ebay.clients.analytics import get_rate_limits
from stoflow.marketplaces.ebay.reading import Shown, whole_in
from stoflow.marketplaces.ebay.taxonomy import SCOPE
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import is_success

NO_CONTENT = 204
NAME = ("apiContext", "apiName", "apiVersion")


def limits_in(reply: Reply) -> tuple[CallLimit, ...]:
    """Return every limit in eBay's answer; raise EbayError for an answer that does not say."""
    if reply.status == NO_CONTENT:
        return ()
    if not is_success(reply) or not isinstance(reply.body, Mapping) or "rateLimits" not in reply.body:
        raise EbayError(f"eBay did not say how many calls are left: HTTP {reply.status}.")
    return tuple(_limits(reply.body))


def _limits(body: Any) -> Iterator[CallLimit]:
    for api in _listed(body, "rateLimits"):
        name = "/".join(filter(None, (text_in(api, part) for part in NAME)))
        for resource in _listed(api, "resources"):
            for rate in _listed(resource, "rates"):
                yield _limit(name, text_in(resource, "name"), rate)


def _limit(api: str, resource: str, rate: Shown) -> CallLimit:
    return CallLimit(
        api=api,
        resource=resource,
        limit=whole_in(rate, "limit"),
        remaining=whole_in(rate, "remaining"),
        window_s=whole_in(rate, "timeWindow"),
        reset=_time(text_in(rate, "reset")),
    )


def _listed(body: Any, name: str) -> Iterator[Shown]:
    """Yield the objects in a list of that name; none where there is no such list."""
    listed = cast("Shown", body).get(name) if isinstance(body, Mapping) else None
    for each in cast("list[Any]", listed) if isinstance(listed, list) else ():
        if isinstance(each, Mapping):
            yield cast("Shown", each)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


CALL_LIMITS = CallLimits(scope=SCOPE, request=get_rate_limits, limits_in=limits_in)

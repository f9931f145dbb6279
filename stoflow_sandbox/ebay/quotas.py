"""eBay's limits on an application's calls of a day, all sellers together, and the Analytics API that shows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall, Refusal
from stoflow_sandbox.ebay.account import check_application
from stoflow_sandbox.ebay.errors import error
from stoflow_sandbox.market import Operation

ANALYTICS = "/developer/analytics/v1_beta"
CALLS_A_DAY: Mapping[str, int] = {
    "/sell/inventory/v1": 2_000_000,
    "/sell/account/v1": 25_000,
    "/sell/fulfillment/v1": 100_000,
    "/commerce/taxonomy/v1": 5_000,
    ANALYTICS: 5_000,
}
"""What eBay grants by default. When its day begins is not established: here with a call, and anew with the next one
after it ended."""
DAY_S = 86_400
TOO_MANY, TOO_MANY_REQUESTS = 429, 2001


@dataclass(slots=True)
class Quota:
    """The calls of one API; `resets_at` is in epoch seconds."""

    limit: int
    count: int = 0
    resets_at: float = 0.0

    def take(self, now: float) -> None:
        """Count a call, or refuse it where the day's are used up."""
        self._begin(now)
        if self.count >= self.limit:
            wait_s = max(1, round(self.resets_at - now))
            raise Refusal(error(TOO_MANY, TOO_MANY_REQUESTS, headers={"retry-after": str(wait_s)}))
        self.count += 1

    def json(self, now: float) -> dict[str, Any]:
        """Return eBay's rate."""
        self._begin(now)
        reset = datetime.fromtimestamp(self.resets_at, UTC)
        return {
            "count": self.count,
            "limit": self.limit,
            "remaining": self.limit - self.count,
            "reset": reset.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "timeWindow": DAY_S,
        }

    def _begin(self, now: float) -> None:
        if now >= self.resets_at:
            self.count, self.resets_at = 0, now + DAY_S


class Quotas:
    """Counts the calls of each API that is limited."""

    def __init__(self) -> None:
        self._quotas = {api: Quota(limit) for api, limit in CALLS_A_DAY.items()}

    def counted(self, *operations: Operation) -> tuple[Operation, ...]:
        """Return the operations, of which those of a limited API count their calls."""
        return tuple(self._counted(operation) for operation in operations)

    def operations(self) -> tuple[Operation, ...]:
        """Return the Analytics API; the application's own door takes no seller's token."""
        return (
            Operation("rate_limits.get", "GET", f"{ANALYTICS}/rate_limit/", self._show, open_door=True),
            Operation("user_rate_limits.get", "GET", f"{ANALYTICS}/user_rate_limit/", _show_sellers),
        )

    def _counted(self, operation: Operation) -> Operation:
        found = (quota for api, quota in self._quotas.items() if operation.path.startswith(f"{api}/"))
        quota = next(found, None)
        return operation if quota is None else replace(operation, work=_counting(operation.work, quota))

    def _show(self, call: ReceivedCall) -> Answer:
        """getRateLimits."""
        check_application(call)
        shown = [_rate_limit(api, quota, call.received_at) for api, quota in self._quotas.items()]
        wanted = {"apiContext": call.query.get("api_context"), "apiName": call.query.get("api_name")}
        asked = {name: value.lower() for name, value in wanted.items() if value}
        found = [limit for limit in shown if all(limit[name] == value for name, value in asked.items())]
        return Answer(200, {"rateLimits": found}) if found else Answer(204)


def _show_sellers(call: ReceivedCall) -> Answer:  # noqa: ARG001  # an operation's shape
    """getUserRateLimits: nothing here is limited by seller."""
    return Answer(204)


def _counting(work: Callable[[ReceivedCall], Answer], quota: Quota) -> Callable[[ReceivedCall], Answer]:
    def counted(call: ReceivedCall) -> Answer:
        quota.take(call.received_at)
        return work(call)

    return counted


def _rate_limit(api: str, quota: Quota, now: float) -> dict[str, Any]:
    """Return eBay's rateLimit of an API; the name of the one resource in it is this sandbox's own."""
    context, name, version = api.strip("/").split("/")
    resource = {"name": f"{context}.{name}", "rates": [quota.json(now)]}
    return {"apiContext": context, "apiName": name, "apiVersion": version, "resources": [resource]}

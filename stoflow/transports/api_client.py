"""StoFlow's own HTTP API, called as any other client would."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError, APIError
from stoflow.transports.direct.client import DirectClient

DEADLINE_S = 30.0
PAGE_SIZE = 200
OK = 200
FIRST_ERROR = 400


class ApiClient:
    """The calls of one tenant; `token` returns an access token that is good now. `http` may be shared by many."""

    def __init__(self, http: DirectClient, base_url: str, token: Callable[[], str]) -> None:
        self._http = http
        self._base_url = base_url
        self._token = token

    def create_job(self, marketplace: str, *, action: str, product_id: int, key: str) -> Mapping[str, Any]:
        """Submit a job; the same key answers the same job."""
        body = {"action_type": action, "product_id": product_id}
        path = f"/api/{quote(marketplace)}/jobs"
        return self._call(Request("POST", path, json=body, headers={"idempotency-key": key}))

    def job(self, job: int) -> Mapping[str, Any]:
        return self._call(Request("GET", f"/api/jobs/{job}"))

    def explanation(self, job: int) -> Mapping[str, Any]:
        return self._call(Request("GET", f"/api/jobs/{job}/explain"))

    def snapshot(self) -> Mapping[str, Any]:
        """Return how it is now: everything for who looks after StoFlow, their own for tenants."""
        return self._call(Request("GET", "/monitoring/snapshot"))

    def timeline(self, job: int) -> Sequence[Mapping[str, Any]]:
        return self._call(Request("GET", f"/api/jobs/{job}/timeline"))["items"]

    def jobs(self, **filters: str) -> Iterator[Mapping[str, Any]]:
        """Yield every job the filters allow, newest first."""
        return self._pages("/api/jobs", filters)

    def listings(self, marketplace: str, **filters: str) -> Iterator[Mapping[str, Any]]:
        """Yield every listing the marketplace showed, by id."""
        return self._pages(f"/api/{quote(marketplace)}/listings", filters)

    def connection(self, marketplace: str) -> Mapping[str, Any]:
        return self._call(Request("GET", f"/api/{quote(marketplace)}/connection"))

    def product(self, product: int) -> Mapping[str, Any]:
        return self._call(Request("GET", f"/api/products/{product}"))

    def change_product(self, product: int, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._call(Request("PATCH", f"/api/products/{product}", json=dict(changes)))

    def _pages(self, path: str, filters: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        query = {"limit": str(PAGE_SIZE), **filters}
        while True:
            page = self._call(Request("GET", path, query=query))
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def _call(self, request: Request) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {self._token()}"}
        reply = self._http.exchange(self._base_url, request, headers=headers, deadline_s=DEADLINE_S)
        if reply.status >= FIRST_ERROR:
            raise APIConnectionError(f"The API answered {reply.status}: {_detail(reply)}")
        return reply.body


def is_ready(http: DirectClient, base_url: str, path: str = "/readyz") -> bool:
    """Say whether the process behind this address answers that it is ready."""
    try:
        return http.exchange(base_url, Request("GET", path), headers={}, deadline_s=DEADLINE_S).status == OK
    except APIError:
        return False


def _detail(reply: Reply) -> str:
    return str(reply.body.get("detail", reply.text)) if isinstance(reply.body, dict) else reply.text[:200]

"""The sandbox's own levers: faults, sellers, sign-ins, the ledger. No marketplace has these, no fault meets them."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from stoflow.domain.errors import InputError, NotFound
from stoflow_sandbox.application import Application
from stoflow_sandbox.clock import Clock
from stoflow_sandbox.faults import FaultKind, FaultPlan, ScriptedFault
from stoflow_sandbox.ledger import Ledger, LedgerEntry
from stoflow_sandbox.market import BEHIND, Market
from stoflow_sandbox.own_acts import settle, unasked
from stoflow_sandbox.sellers import Seller

EVERY_OPERATION = "*"
SCRIPT_FIELDS = frozenset({"marketplace", "operation", "fault", "seller", "nth", "count"})


class Control:
    """Makes sellers and faults, shows the ledger."""

    def __init__(
        self,
        markets: Sequence[Market],
        *,
        ledger: Ledger,
        faults: FaultPlan,
        application: Application,
        clock: Clock,
        lock: threading.Lock,
    ) -> None:
        self._markets = {market.name: market for market in markets}
        self._ledger = ledger
        self._faults = faults
        self._application = application
        self._clock = clock
        self._lock = lock
        self._sellers: dict[tuple[str, str], Seller] = {}
        self._connections: dict[tuple[str, str], dict[str, Any]] = {}  # what was granted last

    def routes(self) -> list[Route]:
        """Return the control endpoints."""
        return [
            Route("/ready", self._ready, methods=["GET"]),
            Route("/faults", self._set_faults, methods=["POST"]),
            Route("/script", self._add_script, methods=["POST"]),
            Route("/script", self._clear_script, methods=["DELETE"]),
            Route("/sellers", self._make_seller, methods=["POST"]),
            Route("/sellers/{marketplace}/{external_id}/grant", self._grant, methods=["POST"]),
            Route("/sellers/{marketplace}/{external_id}/revoke", self._revoke, methods=["POST"]),
            Route("/sellers/{marketplace}/{external_id}/behave", self._behave, methods=["POST"]),
            Route("/sessions/{tenant:int}", self._session, methods=["GET"]),
            Route("/ledger", self._show_ledger, methods=["GET"]),
        ]

    def make_seller(
        self, marketplace: str, *, tenant: int | None, name: str = "", wishes: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Make a seller; return all that is needed to be connected as that seller."""
        market = self._market(marketplace)
        seller = market.make_seller(name=name or f"Seller {tenant}", tenant=tenant, wishes=wishes or {})
        self._sellers[(marketplace, seller.external_id)] = seller
        return self._connection(market, seller)

    def grant(self, marketplace: str, external_id: str) -> dict[str, Any]:
        """Let a seller consent, or sign in, anew; return all that is needed to be connected."""
        return self._connection(self._market(marketplace), self._known_seller(marketplace, external_id))

    def behave(self, marketplace: str, external_id: str, act: str, wishes: Mapping[str, Any]) -> LedgerEntry:
        """Let a buyer, or the seller in the marketplace's own pages, act behind StoFlow's back."""
        market, seller = self._market(marketplace), self._known_seller(marketplace, external_id)
        with self._lock:
            settle(market, self._ledger)
            effect = market.behave(seller, act, wishes)
            entry = unasked(market.name, f"{BEHIND}{act}", seller, effect, at=self._clock())
            return self._ledger.append(entry)

    def settle(self) -> None:
        """Let every marketplace do by itself what is due."""
        with self._lock:
            for market in self._markets.values():
                settle(market, self._ledger)

    async def _ready(self, request: Request) -> Response:  # noqa: ARG002  # Starlette's endpoint shape
        return JSONResponse({"status": "ready", "application": asdict(self._application)})

    async def _set_faults(self, request: Request) -> Response:
        body = await _object(request)
        rate, seed = body.get("rate"), body.get("seed")
        if not isinstance(rate, int | float) or not isinstance(seed, int | None):
            raise InputError("Faults need a rate between 0 and 1, and a whole seed or none.")
        self._faults.set_rate(rate=float(rate), seed=seed)
        return JSONResponse({"rate": self._faults.rate, "seed": self._faults.seed})

    async def _add_script(self, request: Request) -> Response:
        body = await _json(request)
        if not isinstance(body, list):
            raise InputError("A script is a list of faults.")
        script = [self._scripted(fault) for fault in body]
        self._faults.add_script(script)
        return JSONResponse({"added": len(script)})

    async def _clear_script(self, request: Request) -> Response:
        self._faults.clear_script(seller=request.query_params.get("seller", ""))
        return Response(status_code=204)

    async def _make_seller(self, request: Request) -> Response:
        body = await _object(request)
        tenant = body.get("tenant")
        if not isinstance(tenant, int | None):
            raise InputError("The tenant marker of a seller is a whole number or none.")
        wishes = body.get("settings", {})
        made = self.make_seller(
            str(body.get("marketplace", "")), tenant=tenant, name=str(body.get("name", "")), wishes=wishes
        )
        return JSONResponse(made, 201)

    async def _grant(self, request: Request) -> Response:
        seller = self._seller(request)
        return JSONResponse(self.grant(seller.marketplace, seller.external_id), 201)

    async def _revoke(self, request: Request) -> Response:
        seller = self._seller(request)
        self._market(seller.marketplace).tokens.revoke(seller)
        return Response(status_code=204)

    async def _behave(self, request: Request) -> Response:
        body = await _object(request)
        place = request.path_params
        done = self.behave(place["marketplace"], place["external_id"], str(body.get("act", "")), body)
        return JSONResponse(asdict(done))

    async def _session(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        marketplace = request.query_params.get("marketplace", "")
        keys = (key for key, seller in self._sellers.items() if seller.tenant == tenant and marketplace in {"", key[0]})
        granted = [self._connections[key] for key in keys]
        signed_in = [connection for connection in granted if "session" in connection]
        if not signed_in:
            raise NotFound(f"No member of tenant {tenant} who sells in a browser was made here.")
        return JSONResponse(signed_in[-1])

    async def _show_ledger(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            raise InputError("`since` is the number of a ledger entry.")
        self.settle()
        return StreamingResponse(_lines(self._ledger.since(int(since))), media_type="application/x-ndjson")

    def _connection(self, market: Market, seller: Seller) -> dict[str, Any]:
        granted = {"external_id": seller.external_id, **market.grant(seller), "settings": dict(seller.settings)}
        self._connections[seller.marketplace, seller.external_id] = granted
        return granted

    def _market(self, name: str) -> Market:
        if name not in self._markets:
            raise InputError(f"The sandbox knows {', '.join(self._markets)}, not {name or 'an unnamed marketplace'}.")
        return self._markets[name]

    def _seller(self, request: Request) -> Seller:
        return self._known_seller(request.path_params["marketplace"], request.path_params["external_id"])

    def _known_seller(self, marketplace: str, external_id: str) -> Seller:
        if (marketplace, external_id) not in self._sellers:
            raise NotFound(f"No seller {external_id} was made on {marketplace}.")
        return self._sellers[marketplace, external_id]

    def _scripted(self, fault: Any) -> ScriptedFault:
        if not isinstance(fault, dict) or not {"marketplace", "operation", "fault"} <= fault.keys() <= SCRIPT_FIELDS:
            raise InputError(f"A scripted fault has the fields {', '.join(sorted(SCRIPT_FIELDS))}.")
        market = self._market(fault["marketplace"])
        if fault["operation"] not in _names(market) or fault["fault"] not in set(FaultKind):
            raise InputError(f"There is no fault {fault['fault']} of {fault['operation']} on {market.name}.")
        return ScriptedFault(
            marketplace=market.name,
            operation=fault["operation"],
            fault=FaultKind(fault["fault"]),
            seller=str(fault.get("seller", "")),
            nth=int(fault.get("nth", 1)),
            count=int(fault.get("count", 1)),
        )


def _names(market: Market) -> set[str]:
    """Return what a fault can be scripted for."""
    return {EVERY_OPERATION} | {name for operation in market.operations() for name in operation.names}


def _lines(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    for entry in entries:
        yield json.dumps(asdict(entry), ensure_ascii=False) + "\n"


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise InputError("The body should be JSON.") from error


async def _object(request: Request) -> dict[str, Any]:
    body = await _json(request)
    if not isinstance(body, dict):
        raise InputError("The body should be a JSON object.")
    return body

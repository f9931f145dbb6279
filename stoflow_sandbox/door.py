"""The way of one call through the sandbox: read, choose a fault, work, record, answer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from random import Random

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import Clock
from stoflow_sandbox.faults import AFTER_WORK, Fault, FaultKind, FaultPlan
from stoflow_sandbox.ledger import Ledger, LedgerEntry
from stoflow_sandbox.market import Market, Operation
from stoflow_sandbox.own_acts import settle
from stoflow_sandbox.reading import read_call
from stoflow_sandbox.sellers import Seller, digest_of
from stoflow_sandbox.wire import NoAnswer, client_gone, response_of

ATTEMPT_HEADER = "x-stoflow-attempt"
SUCCESS_BELOW = 300
BAD_REQUEST = 400
RETRY_AFTER_S = 2.0
DAY_S = 86_400.0
CAPTCHA_URL = "https://geo.captcha-delivery.com/captcha/?initialCid=sandbox"


@dataclass(frozen=True, slots=True)
class Tempo:
    """How long things take: `speed` divides every delay, `latency_s` is the span of the processing time.

    A late call is held until the client gives up; a client more patient than `hold_s` is dropped then.
    """

    speed: float = 1.0
    latency_s: tuple[float, float] = (0.0, 0.005)
    hold_s: float = 20.0

    def scaled(self, seconds: float) -> float:
        """Return a delay at this speed."""
        return seconds / self.speed


class Door:
    """Serves one marketplace."""

    def __init__(
        self, market: Market, *, ledger: Ledger, faults: FaultPlan, tempo: Tempo, clock: Clock, lock: threading.Lock
    ) -> None:
        self._market = market
        self._ledger = ledger
        self._faults = faults
        self._tempo = tempo
        self._clock = clock
        self._lock = lock  # one call, or one person, changes a shop at a time
        self._random = Random(market.name)
        self._late: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        """Return the marketplace's routes, in its own order."""
        return [
            Route(operation.path, self._endpoint(operation), methods=[operation.method], name=operation.name)
            for operation in self._market.operations()
        ]

    def _endpoint(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            return await self._serve(request, operation)

        return serve

    async def _serve(self, request: Request, operation: Operation) -> Response:
        received_at = self._clock()
        token = self._market.token_of(request.headers)
        seller = self._market.tokens.owner(token) if token else None
        try:
            call = await read_call(request, operation=operation.name, seller=seller, received_at=received_at)
        except HTTPException:
            return response_of(Answer(BAD_REQUEST))
        if operation.renaming:
            call = replace(call, operation=operation.renaming.of(call))
        await asyncio.sleep(self._tempo.scaled(self._random.uniform(*self._tempo.latency_s)))
        fault = self._faults.choose(self._market.name, call.operation, seller, by_rate=operation.by_rate)
        return await self._answer(request, operation, call, fault)

    async def _answer(
        self, request: Request, operation: Operation, call: ReceivedCall, fault: Fault | None
    ) -> Response:
        match fault:
            case Fault(FaultKind.LATE, delay_s):
                await client_gone(request, at_most_s=self._tempo.scaled(self._tempo.hold_s))
                self._work_later(operation, call, fault, self._tempo.scaled(delay_s))
                return NoAnswer()
            case Fault(FaultKind.SLOW, delay_s):
                await asyncio.sleep(self._tempo.scaled(delay_s))
            case Fault(FaultKind.REVOKED) if call.seller:
                self._market.tokens.revoke(call.seller)
            case Fault(FaultKind.EXPIRED) if call.seller:
                self._market.tokens.expire(call.seller)
            case Fault() if fault.kind not in AFTER_WORK:
                return self._recorded(call, self._instead(fault), fault)
            case _:
                pass
        answer = self._work(operation, call)
        if fault and fault.kind is FaultKind.BROKEN_AFTER and answer.status < SUCCESS_BELOW:
            answer = replace(self._market.broken(), effect=answer.effect)
        return self._recorded(call, answer, fault)

    def _work(self, operation: Operation, call: ReceivedCall) -> Answer:
        with self._lock:
            settle(self._market, self._ledger)
            try:
                if not operation.open_door:
                    self._market.authorize(call)
                unexpected = sorted(call.query.keys() - operation.query) if operation.query is not None else []
                return self._market.unexpected(unexpected) if unexpected else operation.work(call)
            except Refusal as refusal:
                return refusal.answer
            except (AttributeError, KeyError, TypeError, ValueError):  # a text where an object should be, and the like
                return self._market.malformed()

    def _work_later(self, operation: Operation, call: ReceivedCall, fault: Fault, delay_s: float) -> None:
        async def work() -> None:
            await asyncio.sleep(delay_s)
            self._record(call, self._work(operation, call), fault, answered=False)

        task = asyncio.create_task(work())
        self._late.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._late.discard)

    def _instead(self, fault: Fault) -> Answer:
        match fault.kind:
            case FaultKind.TOO_MANY:
                return self._market.too_many(max(1, round(self._tempo.scaled(RETRY_AFTER_S))))
            case FaultKind.TOO_MANY_TODAY:
                return self._market.too_many(max(1, round(self._tempo.scaled(DAY_S))))
            case FaultKind.DATADOME:
                return Answer(403, {"url": CAPTCHA_URL}, {"x-datadome": "protected"})
            case FaultKind.NOT_JSON:
                return Answer(200, "<html><body>Please wait…</body></html>")
            case _:
                return self._market.broken()

    def _recorded(self, call: ReceivedCall, answer: Answer, fault: Fault | None) -> Response:
        lost = fault is not None and fault.kind is FaultKind.LOST
        self._record(call, answer, fault, answered=not lost)
        return NoAnswer() if lost else response_of(answer)

    def _record(self, call: ReceivedCall, answer: Answer, fault: Fault | None, *, answered: bool) -> None:
        now = self._clock()
        effect = answer.effect or Effect(committed=False)
        seller: Seller | None = call.seller or effect.seller
        self._ledger.append(
            LedgerEntry(
                marketplace=self._market.name,
                operation=call.operation,
                time=call.received_at,
                status=answer.status,
                seller=seller.external_id if seller else "",
                tenant=seller.tenant if seller else None,
                sku=effect.sku,
                marker=effect.marker,
                listing_id=effect.listing_id,
                offer_id=effect.offer_id,
                state=effect.state,
                title=effect.title,
                fault=fault.kind.value if fault else "",
                committed_at=now if effect.committed else None,
                answered_at=now if answered else None,
                token=digest_of(self._market.token_of(call.headers)),
                attempt=call.headers.get(ATTEMPT_HEADER, ""),
            )
        )

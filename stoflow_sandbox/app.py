"""The sandbox as one web application: the simulated marketplaces and the control endpoints."""

import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from stoflow.domain.errors import InputError, NotFound
from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.control import Control
from stoflow_sandbox.door import Door, Tempo
from stoflow_sandbox.faults import FaultPlan
from stoflow_sandbox.ledger import Ledger
from stoflow_sandbox.market import Market
from stoflow_sandbox.markets import known_markets
from stoflow_sandbox.wire import response_of

UNPROCESSABLE = 422
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves: `speed` divides its delays, `token_speed` its tokens' lives; see Tempo for the rest.

    Every marketplace and the ledger go by `clock`; what is slow or late is so by the machine's.
    """

    ledger_file: Path | None = None
    fault_rate: float = 0.0
    seed: int = 0
    speed: float = 1.0
    token_speed: float = 1.0
    latency_ms: tuple[float, float] = (0.0, 5.0)
    hold_s: float = 20.0
    application: Application = field(default_factory=Application)
    markets: Sequence[type[Market]] = field(default_factory=known_markets)
    clock: Clock = MACHINE_CLOCK


class Sandbox:
    """Simulated marketplaces over one ledger and one plan of faults."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        options = options or SandboxOptions()
        self.ledger = Ledger(options.ledger_file)
        self.faults = FaultPlan(rate=options.fault_rate, seed=options.seed)
        low_ms, high_ms = options.latency_ms
        self._tempo = Tempo(options.speed, (low_ms / 1000, high_ms / 1000), options.hold_s)
        self._clock = options.clock
        self.markets = tuple(
            market(options.application, token_speed=options.token_speed, clock=options.clock)
            for market in options.markets
        )
        self._lock = threading.Lock()
        self.control = Control(
            self.markets,
            ledger=self.ledger,
            faults=self.faults,
            application=options.application,
            clock=self._clock,
            lock=self._lock,
        )

    def app(self) -> Starlette:
        """Return the web application."""
        return Starlette(
            routes=[
                *(Mount(f"/{market.name}", app=self._served(market)) for market in self.markets),
                Mount("/control", routes=self.control.routes()),
            ],
            exception_handlers={InputError: _explain, NotFound: _explain},
        )

    def _served(self, market: Market) -> Router:
        door = Door(
            market, ledger=self.ledger, faults=self.faults, tempo=self._tempo, clock=self._clock, lock=self._lock
        )
        return Router(door.routes(), redirect_slashes=False, default=_always(market.not_found))


def _always(answer: Callable[[], Answer]) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise HTTPException(NOT_FOUND)
        await response_of(answer())(scope, receive, send)

    return serve


async def _explain(request: Request, error: Exception) -> Response:  # noqa: ARG001  # Starlette's handler shape
    return JSONResponse({"detail": str(error)}, NOT_FOUND if isinstance(error, NotFound) else UNPROCESSABLE)

"""A thousand sockets at one api, and commands that go out to plugins and whose answers come back."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from psycopg.types.json import Jsonb
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.figures import percentile
from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import Database, schema_name

AT_ONCE = 100
HELLO_WITHIN_S = 30.0
ANSWERED_WITHIN_S = 10.0
PLUGIN = "load"
# Of no task: it is told and answered like any other, and settles nothing.
ISSUE = """
INSERT INTO {schema}.plugin_commands (request_id, job_id, claims, seq, plugin_id, action, payload, deadline)
VALUES (%s, %s, 0, 0, %s, 'load', %s, %s)
"""
FORGET = "DELETE FROM {schema}.plugin_commands WHERE request_id = %s"


@dataclass(frozen=True, slots=True)
class Seller:
    tenant: TenantId
    token: str
    job: int


@dataclass(frozen=True, slots=True)
class Sockets:
    """`opened_in_s` until the last of them was let in; a command's time is from its row to the plugin's receipt."""

    opened: int
    opened_in_s: float
    commands_per_s: float
    command_p50_ms: float
    command_p99_ms: float
    errors: int


@dataclass(slots=True)
class _Commands:
    """Those on their way, and how long the others took."""

    begun_s: dict[str, float] = field(default_factory=dict[str, float])
    receipts: dict[tuple[TenantId, int], str] = field(default_factory=dict[tuple[TenantId, int], str])
    took_ms: list[float] = field(default_factory=list[float])
    answered: list[tuple[TenantId, str]] = field(default_factory=list[tuple[TenantId, str]])
    are_all_sent: bool = False
    are_answered: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, tenant: TenantId, request: str) -> None:
        """Count what it took until the api had the answer; a command that was sent twice counts once."""
        if begun_s := self.begun_s.pop(request, None):
            self.took_ms.append((time.perf_counter() - begun_s) * 1_000)
            self.answered.append((tenant, request))
        if self.are_all_sent and not self.begun_s:
            self.are_answered.set()


async def measure(
    url: str,
    database: Database,
    announce: Callable[[TenantId], None],
    sellers: Sequence[Seller],
    sockets: int,
    per_s: float,
    for_s: float,
) -> Sockets:
    """Open all sockets, then send commands at this rate to a plugin of each seller while they stay open."""
    address = url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    async with AsyncExitStack() as stack:
        begun_s, gate = time.perf_counter(), asyncio.Semaphore(AT_ONCE)
        wanted = [_hello(seller, "frontend") for seller in _in_turn(sellers, sockets)]
        opening = [_open(stack, gate, address, hello) for hello in wanted]
        opened = [each for each in await asyncio.gather(*opening) if each]
        opened_in_s = time.perf_counter() - begun_s
        plugins = await asyncio.gather(*(_open(stack, gate, address, _hello(seller, "plugin")) for seller in sellers))
        commands = _Commands()
        hearing = [
            asyncio.create_task(_answer(plugin, seller.tenant, commands))
            for plugin, seller in zip(plugins, sellers, strict=True)
            if plugin
        ]
        lasted_s = await _send(database, announce, sellers, commands, per_s, for_s)
        for each in hearing:
            each.cancel()
    took, lost = commands.took_ms, len(commands.begun_s)
    errors = sockets - len(opened) + lost
    return Sockets(
        len(opened), opened_in_s, len(took) / lasted_s, percentile(took, 0.5), percentile(took, 0.99), errors
    )


def _in_turn(sellers: Sequence[Seller], number: int) -> Iterator[Seller]:
    return (sellers[index % len(sellers)] for index in range(number))


def _hello(seller: Seller, client: str) -> str:
    plugin = {"plugin_id": PLUGIN} if client == "plugin" else {}
    return "40" + json.dumps({"token": seller.token, "client": client, **plugin})


async def _open(stack: AsyncExitStack, gate: asyncio.Semaphore, address: str, hello: str) -> ClientConnection | None:
    with suppress(OSError, WebSocketException, TimeoutError):
        async with gate, asyncio.timeout(HELLO_WITHIN_S):
            socket = await stack.enter_async_context(connect(address, max_queue=None, ping_interval=None))
            await socket.recv()
            await socket.send(hello)
            while not str(await socket.recv()).startswith("40"):
                continue
            return socket
    return None


async def _answer(socket: ClientConnection, tenant: TenantId, commands: _Commands) -> None:
    """Answer every command, and note when the api says that it has the answer."""
    number = 0
    async for frame in socket:
        if str(frame).startswith('42["plugin_command"'):
            request = json.loads(str(frame)[2:])[1]["request_id"]
            number += 1
            commands.receipts[tenant, number] = request
            response = {"request_id": request, "success": True, "data": {}}
            await socket.send(f"42{number}" + json.dumps(["plugin_response", response]))
        elif str(frame).startswith("43"):
            receipt = int(str(frame)[2:].partition("[")[0])
            commands.end(tenant, commands.receipts.pop((tenant, receipt)))


async def _send(
    database: Database,
    announce: Callable[[TenantId], None],
    sellers: Sequence[Seller],
    commands: _Commands,
    per_s: float,
    for_s: float,
) -> float:
    """Issue commands at this rate; return how long it took until all were answered, or no more came."""
    begun_s = time.perf_counter()
    for number, seller in enumerate(_in_turn(sellers, round(per_s * for_s))):
        await asyncio.sleep(max(0.0, begun_s + number / per_s - time.perf_counter()))
        request = str(uuid4())
        commands.begun_s[request] = time.perf_counter()
        await asyncio.to_thread(_issue, database, seller, request, commands)
        announce(seller.tenant)
    ended_s = time.perf_counter()
    commands.are_all_sent = True
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERED_WITHIN_S if commands.begun_s else 0):
            await commands.are_answered.wait()
    return ended_s - begun_s


def _issue(database: Database, seller: Seller, request: str, commands: _Commands) -> None:
    """Write a command, and forget those that were answered: each would be sent again.

    Each in a transaction of its own: the api takes several at once, in an order of its own.
    """
    deadline = datetime.now(UTC) + timedelta(minutes=5)
    done, commands.answered = commands.answered, []
    for tenant, answered in done:
        with database.records() as connection:
            connection.execute(FORGET.format(schema=schema_name(tenant)).encode(), [answered])
    with database.records() as connection:
        statement = ISSUE.format(schema=schema_name(seller.tenant)).encode()
        connection.execute(statement, [request, seller.job, PLUGIN, Jsonb({}), deadline])

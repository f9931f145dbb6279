#!/usr/bin/env bash
# CPython 3.11: asyncio leaves Nagle's algorithm on where it is given a socket of `socket.create_server`.
#
# Expected: `asyncio.start_server(sock=socket.create_server(address))` serves as `asyncio.start_server(host, port)` does: since
#           Python 3.6 asyncio sets TCP_NODELAY on every TCP connection.
# Happens:  only on those whose `proto` says IPPROTO_TCP. `socket.create_server` and `socket.socket(AF_INET, SOCK_STREAM)`
#           leave it 0, and `accept` hands that on; a socket that is made anew from its number (`socket.socket(fileno=…)`,
#           as in a forked child) asks the kernel and has 6 again. So a server that opens its port first answers each
#           request of a kept connection in two parts 40 ms apart, where head and body are two writes (h11 in uvicorn):
#           the body waits for the client's delayed receipt of the head. Without keep-alive nothing is seen.
# Seen on 2026-11-29, CPython 3.11.7 on Linux 6.18:
#   by host and port       TCP_NODELAY 1, a kept connection's answer takes 0.1 ms
#   of create_server       TCP_NODELAY 0, a kept connection's answer takes 44.0 ms
#   the same by its number TCP_NODELAY 1, a kept connection's answer takes 0.1 ms
# The times are measurements and not asserted.
set -euo pipefail
python3 - <<'PYTHON'
import asyncio
import socket
import statistics
import time

nodelay = []


async def answer(reader, writer):
    nodelay.append(bool(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
    while await reader.readline():
        writer.write(b"head\n")
        await asyncio.sleep(0)
        writer.write(b"body\n")
    writer.close()


def ask(port):
    took = []
    with socket.create_connection(("127.0.0.1", port)) as asking, asking.makefile("rb") as heard:
        asking.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(30):
            began = time.perf_counter()
            asking.sendall(b"ask\n")
            heard.readline(), heard.readline()
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


async def seen(**where):
    async with await asyncio.start_server(answer, **where) as server:
        took = await asyncio.to_thread(ask, server.sockets[0].getsockname()[1])
    return nodelay.pop(), took


def created():
    return socket.create_server(("127.0.0.1", 0))


HOW = {
    "by host and port": lambda: {"host": "127.0.0.1", "port": 0},
    "of create_server": lambda: {"sock": created()},
    "the same by its number": lambda: {"sock": socket.socket(fileno=created().detach())},
}
found = {}
for name, where in HOW.items():
    found[name], took = asyncio.run(seen(**where()))
    print(f"{name:<22} TCP_NODELAY {found[name]:d}, a kept connection's answer takes {took:.1f} ms")
assert list(found.values()) == [True, False, True], "changed: which connections have TCP_NODELAY"
PYTHON

#!/usr/bin/env bash
# aiohttp-retry 2.9.1: a listing whose answer comes late is published three times, and a GET whose connection breaks is not repeated.
#
# Expected: what is safe to repeat is repeated, GET, and a POST is not, since nobody knows whether it was done (RFC 9110, 9.2.2): urllib3, got,
#           ky, axios-retry and httpx-retries have it so. On which errors? "by default on all", says the comment at its `exceptions`.
# Happens:  the other way round. Every method is repeated at each status of 500 and more, POST and PATCH too: a gateway that gives up waiting
#           (504) while the shop goes on makes three listings, and the caller hears of the last 504 only. And as no exceptions are given,
#           none counts: a connection that ends, a time-out or a name that is not found is raised at once. (aiohttp itself asks twice.)
# Seen on 2026-11-29 with aiohttp 3.13.2 and httpx-retries 0.6.0, httpx 0.28.1, a client with nothing set:
#   aiohttp-retry  POST, 504 each time: 504, listings published: 3
#   aiohttp-retry  GET, the first two connections are closed: ServerDisconnectedError, asked 2 times
#   httpx-retries  POST, 504 each time: 504, listings published: 1
#   httpx-retries  GET, the first two connections are closed: 200, asked 3 times
# `methods={"GET", "PUT", "DELETE"}, exceptions={ClientError, TimeoutError}` is what one has to say.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet aiohttp-retry==2.9.1 aiohttp==3.13.2 httpx-retries==0.6.0 httpx==0.28.1
cat > "$folder/see.py" <<'PYTHON'
import asyncio
import logging

import httpx
from aiohttp import ServerDisconnectedError, web
from aiohttp_retry import RetryClient
from httpx_retries import RetryTransport

logging.disable(logging.CRITICAL)
published, asked = [], []


async def publish(request):
    published.append(await request.json())
    return web.Response(status=504)


async def listing(request):
    asked.append(request.path)
    if len(asked) < 3:
        request.transport.close()
    return web.Response()


async def by_aiohttp_retry(url):
    async with RetryClient() as client:
        try:
            async with client.get(url) as answer:
                said = str(answer.status)
        except ServerDisconnectedError as error:
            said = type(error).__name__
        async with client.post(url, json={"title": "Coat"}) as answer:
            return said, answer.status


async def by_httpx_retries(url):
    async with httpx.AsyncClient(transport=RetryTransport()) as client:
        said = str((await client.get(url)).status_code)
        return said, (await client.post(url, json={"title": "Coat"})).status_code


async def main():
    app = web.Application()
    app.add_routes([web.post("/listings", publish), web.get("/listings", listing)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/listings"
    seen = {}
    for name, use in (("aiohttp-retry", by_aiohttp_retry), ("httpx-retries", by_httpx_retries)):
        published.clear()
        asked.clear()
        said, status = await use(url)
        seen[name] = (len(published), said, len(asked))
        print(f"{name}  POST, 504 each time: {status}, listings published: {len(published)}")
        print(f"{name}  GET, the first two connections are closed: {said}, asked {len(asked)} times")
    await runner.cleanup()
    assert seen["aiohttp-retry"] == (3, "ServerDisconnectedError", 2), "changed"
    assert seen["httpx-retries"] == (1, "200", 3), "changed: the witness"


asyncio.run(main())
PYTHON
"$folder/venv/bin/python" "$folder/see.py"

#!/usr/bin/env bash
# asgi-idempotency-header 0.2.0 (Python): a POST that failed once can never be made with its key, and one that was answered is "pending" a day later.
#
# Expected: a key is there for the repetition: after a 500, or with the answer lost, the client sends the same request again. Answers
#           are kept for `expiry`, a day, and "consequent requests are replayed, until the response expires"; then the request is a new one.
# Happens:  the key is noted before the request is handled, and only an answer that passes through takes the note back. An exception in a
#           route does not pass: the 500 is made further out. From then on each repetition is refused with 409, "already pending", though
#           nothing is, also after restarts where Redis keeps the keys, and no time ends it. The notes of answered requests stay as
#           well, so that the day after theirs are refused in the same words, where a new one or the same answer would be right.
# Seen on 2026-11-29 with fastapi 0.128.0, its memory and its Redis backend (fakeredis 2.32.1), the same request again and again:
#   memory   raises once    500, 409 Request already pending, 409 Request already pending
#   memory   answers        201, 201 replayed, and when it has expired 409 Request already pending
#   Redis    raises once    500, 409 Request already pending, 409 Request already pending
#   Redis    answers        201, 201 replayed, and when it has expired 409 Request already pending
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet asgi-idempotency-header==0.2.0 fastapi==0.128.0 httpx==0.28.1 fakeredis==2.32.1
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio

from fakeredis.aioredis import FakeRedis
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends.memory import MemoryBackend
from idempotency_header_middleware.backends.redis import RedisBackend

EXPIRY_S = 1
PENDING = "409 Request already pending"


def shop(backend):
    """An api whose first listing of each article "broken" fails, as a database that is away for a moment lets it fail."""
    app, failed = FastAPI(), []
    app.add_middleware(IdempotencyHeaderMiddleware, backend=backend)

    @app.post("/listings/{article}", status_code=201)
    async def list_article(article):
        if article == "broken" and not failed:
            failed.append(article)
            raise ConnectionError(article)
        return {"listed": article}

    return app


async def told(client, article):
    reply = await client.post(f"/listings/{article}", headers={"Idempotency-Key": f"key of {article}"})
    if reply.status_code == 409:
        return f"409 {reply.json()['detail'].partition(' for ')[0]}"
    return f"{reply.status_code} replayed" if "Idempotent-Replayed" in reply.headers else str(reply.status_code)


async def main():
    for name, backend in ("memory", MemoryBackend(EXPIRY_S)), ("Redis", RedisBackend(FakeRedis(), expiry=EXPIRY_S)):
        transport = ASGITransport(shop(backend), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://shop") as client:
            raising = [await told(client, "broken") for _ in range(3)]
            answering = [await told(client, "whole") for _ in range(2)]
            await asyncio.sleep(EXPIRY_S + 0.2)
            expired = await told(client, "whole")
        print(f"{name:<8} raises once    {', '.join(raising)}")
        print(f"{name:<8} answers        {', '.join(answering)}, and when it has expired {expired}")
        assert raising == ["500", PENDING, PENDING], "changed"
        assert answering == ["201", "201 replayed"]
        assert expired == PENDING, "changed"


asyncio.run(main())
PYTHON
venv/bin/python -W ignore see.py

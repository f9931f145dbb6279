"""Dramatiq alone: a pipeline of five messages over Redis, with its stock middleware and no durable record."""

import os
import time
from pathlib import Path
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peer import context
from benchmarks.workload import run_step

_context = context()
dramatiq.set_broker(RedisBroker(url=_context["redis_url"]))
_done = os.open(Path(_context["done"], f"{os.getpid()}.done"), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)


@dramatiq.actor(max_retries=3)
def validate(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(0, given)


@dramatiq.actor(max_retries=3)
def map_(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(1, given)


@dramatiq.actor(max_retries=3)
def upload(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(2, given)


@dramatiq.actor(max_retries=3)
def create(given: dict[str, Any]) -> dict[str, Any]:
    return run_step(3, given)


@dramatiq.actor(max_retries=3)
def save(given: dict[str, Any]) -> None:
    saved = run_step(4, given)
    # Dramatiq keeps nothing: a line in a file, about 2 µs, stands for the record it would need.
    os.write(_done, f"{saved['job']} {time.time():.6f}\n".encode())


def pipeline(payload: dict[str, Any]) -> dramatiq.pipeline:
    # Each one's argument is what the one before returns, which its own signature does not know.
    after: list[Any] = [map_, upload, create, save]
    return dramatiq.pipeline([validate.message(payload), *(actor.message() for actor in after)])

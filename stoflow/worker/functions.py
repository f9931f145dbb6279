"""The functions that consume messages: three lines each."""

from typing import Any

import dramatiq

from stoflow.domain.errors import DatabaseError, InputError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import MessageRefused, RunBroke
from stoflow.domain.run import RunMessage, RunMode
from stoflow.execution.collect import collect
from stoflow.execution.engine import Engine
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.monitoring.record import record
from stoflow.monitoring.traces import span
from stoflow.transports.messages.broker import WakingBroker, queue_name
from stoflow.transports.messages.envelope import WORKER_FUNCTION

USE_CASES = {RunMode.ACT: run, RunMode.LOOK: look, RunMode.COLLECT: collect}


def consume(engine: Engine, hint: dict[str, Any]) -> None:
    """Do what a message says. Nothing is raised to Dramatiq: what was lost is found again from PostgreSQL."""
    try:
        message = RunMessage.from_json(hint)
        told = {"stoflow__tenant": message.tenant, "stoflow__job": message.job}
        with span(f"run {message.mode}", "consumer", parent=message.traceparent, **told):
            USE_CASES[message.mode](engine, message)
    except InputError as error:
        record(MessageRefused(str(error)))
    except DatabaseError as error:
        record(database_failure("running a job", error))
    except Exception as error:  # noqa: BLE001 - Dramatiq would only log it; what was claimed is swept
        record(RunBroke(f"{type(error).__name__}: {error}"))


def declare(broker: WakingBroker, engine: Engine, marketplaces: list[str]) -> None:
    """Let the broker's queues be consumed: one queue per marketplace, one worker function for all."""

    def run_job(**hint: Any) -> None:
        consume(engine, hint)

    for marketplace in marketplaces:
        broker.declare_queue(queue_name(marketplace))
    dramatiq.actor(actor_name=WORKER_FUNCTION, queue_name=queue_name(marketplaces[0]), broker=broker)(run_job)

"""Sending run messages: pipelined by the hints' thread."""

from collections.abc import Sequence
from typing import Any

from stoflow.domain.run import RunMessage
from stoflow.transports.hints import Hints
from stoflow.transports.messages.broker import WakingBroker, queue_name
from stoflow.transports.messages.envelope import encode


class Messages:
    """Puts run messages into the queue of their marketplace."""

    def __init__(self, broker: WakingBroker, hints: Hints) -> None:
        self._broker = broker
        self._hints = hints

    def send(self, marketplace: str, messages: Sequence[RunMessage]) -> None:
        """Hand the messages to the hints' thread; what Redis does not take is dropped, and sent anew by its owner."""
        queue = queue_name(marketplace)
        encoded = [encode(queue, message) for message in messages]

        def hint(pipeline: Any) -> None:
            for identity, data in encoded:
                self._broker.dispatch(pipeline, "enqueue", queue, identity, data)

        self._hints.put(hint)
        self._broker.wake(queue)

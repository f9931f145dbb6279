"""The orphan drafts a marketplace actor knows of: which it waits for, and which are being collected."""

from stoflow.domain.run import RunMessage
from stoflow.storage.engine.reads.queue import QueuedOrphan

COLLECT_S = 60.0  # without a word for so long, an orphan is read again


class Collecting:
    """An orphan is waited for once, however often it is read, and collected by one message at a time."""

    def __init__(self) -> None:
        self._awaited: set[tuple[int, int]] = set()
        self._out: dict[int, tuple[float, RunMessage]] = {}

    def __bool__(self) -> bool:
        return bool(self._out)

    @property
    def messages(self) -> tuple[RunMessage, ...]:
        return tuple(message for _, message in self._out.values())

    def awaits(self, orphan: QueuedOrphan) -> bool:
        """Note that its time is waited for; return whether that was known already."""
        known = (orphan.id, orphan.claims) in self._awaited
        self._awaited.add((orphan.id, orphan.claims))
        return known

    def is_free(self, orphan: QueuedOrphan) -> bool:
        """Its time has come: return whether nobody collects it yet."""
        self._awaited.discard((orphan.id, orphan.claims))
        return orphan.id not in self._out

    def begin(self, message: RunMessage, now_s: float) -> None:
        self._out[message.task] = (now_s, message)

    def end(self, orphan: int) -> RunMessage | None:
        """Return the message that was out for it."""
        return self._out.pop(orphan, (0.0, None))[1]

    def overdue(self, now_s: float) -> list[int]:
        """Return those of which nothing was heard for long."""
        return [orphan for orphan, (since_s, _) in self._out.items() if now_s > since_s + COLLECT_S]

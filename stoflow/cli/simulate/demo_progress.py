"""How a demo shows where it is: bars in a terminal, a line every few seconds elsewhere; always on standard error."""

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from stoflow.cli.output import say
from stoflow.cli.simulate.demo_jobs import DemoProgress
from stoflow.domain.printable import printable

LINE_EVERY_S = 3.0


class Teller(Protocol):
    """Tells the person at the terminal what goes on; a context, so that a terminal is left as it was found."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def say(self, sentence: str) -> None:
        """Tell one thing that has just been done."""
        ...

    def show(self, progress: DemoProgress) -> None:
        """Tell how many jobs are final."""
        ...


def teller() -> Teller:
    """Return bars for a terminal, lines for anything else."""
    return BarTeller() if sys.stderr.isatty() else LineTeller()


class LineTeller:
    """Plain lines, for logs and pipes."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return

    def say(self, sentence: str) -> None:
        say(sentence, err=True)

    def show(self, progress: DemoProgress) -> None:
        if time.monotonic() >= self._next_at or progress.is_over:
            self._next_at = time.monotonic() + LINE_EVERY_S
            self.say("  ".join(f"{name} {done}/{progress.total[name]}" for name, done in progress.final.items()))


class BarTeller:
    """One bar for each marketplace."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True, markup=False, highlight=False))
        self._bars: Mapping[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def say(self, sentence: str) -> None:
        self._progress.console.print(printable(sentence))

    def show(self, progress: DemoProgress) -> None:
        if not self._bars:
            self._bars = {name: self._progress.add_task(name, total=total) for name, total in progress.total.items()}
        for name, bar in self._bars.items():
            self._progress.update(bar, completed=progress.final[name])

"""Marketplaces that refuse StoFlow's own application: what they are told to, and who may find out if it is over."""

from collections.abc import Callable, Sequence

from stoflow.actors.news import MayTry, RefusalsChanged
from stoflow.actors.tenants import Tenants
from stoflow.domain.application import RefusalView

ASKED_FIRST, MORE_EACH_TURN = 4, 4
ReadRefusals = Callable[[], Sequence[tuple[RefusalView, bool]]]


class Refusals:
    """`read_refusals` reads the marks, and of each whether a try is due."""

    def __init__(self, read_refusals: ReadRefusals) -> None:
        self._read = read_refusals
        self._refusing: frozenset[str] = frozenset()
        self._asked: dict[str, int] = {}  # tenants, by marketplace, since a try is due

    def refusing(self) -> frozenset[str]:
        return self._refusing

    def turn(self, tenants: Tenants) -> bool:
        """Tell every tenant what has changed, and ever more of them that a try is due, until one has tried.

        Return whether anybody refuses.
        """
        marks = {view.marketplace: is_due for view, is_due in self._read()}
        if marks.keys() != self._refusing:
            self._refusing = frozenset(marks)
            tenants.tell_all(RefusalsChanged(self._refusing))
        due = {name for name, is_due in marks.items() if is_due}
        self._asked = {name: self._asked.get(name, ASKED_FIRST // MORE_EACH_TURN) * MORE_EACH_TURN for name in due}
        for name, count in self._asked.items():
            tenants.tell_some(MayTry(name), count)
        return bool(marks)

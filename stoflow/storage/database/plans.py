"""Which statements a session keeps prepared: those that come often, the last used ones."""

from collections import OrderedDict

PLANS_KEPT = 2_500  # about 0.1 MiB each in the server; a statement of one tenant is one plan, of five hundred all
# Of thousands of tenants each statement would be kept once and forgotten before it comes again, which costs more than
# to plan it: only what came this often among the last PLANS_KEPT is kept when it comes again.
KEPT_FROM_TIMES = 1

Key = tuple[str, str, tuple[int, ...]]
"""The text of a statement, the schema it is said of, and the types its parameters have this time."""


class Plans:
    """Of one session; a statement that comes with parameters of other types is another one."""

    def __init__(self) -> None:
        self._seen = OrderedDict[Key, int]()
        self._kept = OrderedDict[Key, bytes]()
        self._number = 0

    def find(self, key: Key) -> bytes | None:
        """Return the name of the plan, None where none is kept."""
        name = self._kept.get(key)
        if name is not None:
            self._kept.move_to_end(key)
        return name

    def is_due(self, key: Key) -> bool:
        """Count the statement, and return whether it has come often enough to be kept."""
        seen = self._seen.pop(key, 0)
        if seen >= KEPT_FROM_TIMES:
            return True
        self._seen[key] = seen + 1
        if len(self._seen) > PLANS_KEPT:
            self._seen.popitem(last=False)
        return False

    def keep(self, key: Key) -> tuple[bytes, bytes | None]:
        """Return the name for a new plan, and that of one to be dropped for it."""
        self._number += 1
        name = self._kept[key] = f"stoflow_{self._number}".encode()
        return name, self._kept.popitem(last=False)[1] if len(self._kept) > PLANS_KEPT else None

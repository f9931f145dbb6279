"""When a tenant has been idle for long enough to be given back."""

from collections.abc import Callable

IDLE_S = 30.0


class Idling:
    """A tenant is released only when it has been idle for long without a break: each deed begins the time anew."""

    def __init__(self, is_idle: Callable[[], bool], check_after: Callable[[float, int], None]) -> None:
        """`check_after` sees to it that `has_rested` is called with the given number after so many seconds."""
        self._is_idle = is_idle
        self._check_after = check_after
        self._deeds = 0
        self._resting = False  # a check is set

    def note_deed(self) -> None:
        self._deeds += 1
        if self._is_idle() and not self._resting:
            self._resting = True
            self._check_after(IDLE_S, self._deeds)

    def has_rested(self, deeds: int) -> bool:
        """Say at the check's time whether there was no deed since it was set, and nothing is to be done."""
        self._resting = False
        if deeds == self._deeds:
            return self._is_idle()
        self.note_deed()
        return False

"""What live state is called in Redis, and how long each thing lasts without being written again."""

from dataclasses import dataclass

HEARTBEAT_S = 4.0  # also while nothing changes: so soon all is whole again that Redis forgot
APART_S = 1.0
LIFETIME_S = 15
ENDED_LIFETIME_S = 4200  # an hour and a part of it: what a process did counts when it is gone
KEPT_S = 7 * 86_400
WRITES_KEPT = 30  # a look that is further behind reads all


@dataclass(frozen=True, slots=True)
class LiveKeys:
    """`namespace` is how every name of the installation begins."""

    namespace: str

    @property
    def since(self) -> str:
        """A text: when this view began, that is when Redis was empty last."""
        return f"{self.namespace}:live:since"

    @property
    def processes(self) -> str:
        """A set: every process that has written lately."""
        return f"{self.namespace}:live:processes"

    @property
    def counts(self) -> str:
        """A hash: what all processes counted, by series."""
        return f"{self.namespace}:live:counts"

    def process(self, name: str) -> str:
        """A hash: the process itself."""
        return f"{self.namespace}:live:process:{name}"

    def places(self, name: str) -> str:
        """A hash: by tenant and marketplace, what this orchestrator holds there."""
        return f"{self.namespace}:live:places:{name}"

    def changed(self, name: str) -> str:
        """A sorted set: of which places something was said in its last writings, each with the number of the last."""
        return f"{self.namespace}:live:changed:{name}"

    def ended(self, name: str) -> str:
        """A hash: by tenant and marketplace, the jobs that ended in this process."""
        return f"{self.namespace}:live:ended:{name}"

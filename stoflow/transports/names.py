"""What one installation calls things in Redis: another one on the same server has no name in common with it."""

from dataclasses import dataclass

from stoflow.domain.ids import ProcessId


@dataclass(frozen=True, slots=True)
class Names:
    """Every name holds the installation's own: channels know no database numbers."""

    installation: str

    @property
    def namespace(self) -> str:
        """How every key and channel begins, those of Dramatiq too."""
        return f"stoflow:{self.installation}"

    @property
    def events(self) -> str:
        """The channel of the news for sockets."""
        return f"{self.namespace}:feed:events"

    @property
    def announcements(self) -> str:
        """The list that wakes an orchestrator."""
        return f"{self.namespace}:feed:wake"

    @property
    def sockets(self) -> str:
        """The channel that joins the sockets of several api processes."""
        return f"{self.namespace}:sockets"

    def reports(self, owner: ProcessId) -> str:
        """The list of what an orchestrator is told of its runs."""
        return f"{self.namespace}:feed:{owner}"

    def wake(self, queue: str) -> str:
        """The list that wakes a consumer of a queue."""
        return f"{self.namespace}:{queue}.wake"

    def ending(self, broker: str) -> str:
        """The list that wakes the consumers of one worker process, which is to end."""
        return f"{self.namespace}:{broker}.ending"

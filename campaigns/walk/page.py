"""A page with a stock socket.io-client that is cut off now and then: what it was told."""

import json
import subprocess
import threading
from typing import Any, Self

from campaigns.walk.world import CLIENTS, NODE, World


class Page:
    """Node with `page.ts`; `numbers` grows as it is told events."""

    def __init__(self, world: World, token: str) -> None:
        self.numbers: list[int] = []
        self.connects = 0
        self._process = subprocess.Popen(
            [NODE, "page.ts", token], cwd=CLIENTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._say(world.stoflow)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()

    def drop(self) -> None:
        """Break its connection; it comes back by itself."""
        self._say("drop")

    def renew(self, token: str) -> None:
        """Let it go on with another token, on the open socket and the next one."""
        self._say(f"token {token}")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            self.connects += said["event"] == "connect"
            if said["number"] is not None:
                self.numbers.append(said["number"])

"""A measurement in a process of its own, which has loaded what it measures and nothing else: its memory counts too."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any


def measured_alone(function: str, *arguments: Any) -> Any:
    """Return what a function of ours, named `module:name`, answers; what goes in and comes out is JSON."""
    command = [sys.executable, "-m", "benchmarks.alone", function, json.dumps(arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said, _ = process.communicate()
        except BaseException:
            process.terminate()  # it ends what it has started
            raise
    if process.returncode:
        raise RuntimeError(f"{function} failed: what it said is above.")
    return json.loads(said.splitlines()[-1])


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    function, arguments = sys.argv[1:]
    measure: Callable[..., Any] = resolve_name(function)
    print(json.dumps(measure(*json.loads(arguments))))


if __name__ == "__main__":
    main()

"""A logger for libraries that would write payloads, the token of a connect among them: it writes nothing.

What goes wrong is recorded by our own code, as facts.
"""


class Mute:
    """Takes the place of a `logging.Logger` at python-socketio and python-engineio."""

    def debug(self, *_: object, **__: object) -> None:
        """Write nothing."""

    info = warning = error = exception = critical = log = debug


MUTE = Mute()

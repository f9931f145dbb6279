"""What every command begins with, once it is known that one is to run."""

from importlib import import_module

from stoflow.cli.memory import give_back_what_is_freed
from stoflow.monitoring import failpoints
from stoflow.monitoring.logs import setup_logging
from stoflow.monitoring.record import listen
from stoflow.monitoring.stacks import dump_stacks_on_signal
from stoflow.monitoring.traces import trace_by
from stoflow.settings import Settings, SettingsError, load, variable_of
from stoflow.wiring.choices import check_marketplaces


def begin(command: str = "") -> Settings:
    """Return the settings in force. Raise SettingsError, or ConfigurationError, where one of them is wrong."""
    give_back_what_is_freed()
    settings = load()
    check_marketplaces(settings)
    setup_logging(settings.log_level, settings.log_format)
    try:
        failpoints.arm_text(settings.failpoints)
    except ValueError as error:
        raise SettingsError(f"{variable_of('failpoints')} is wrong: {error}") from None
    dump_stacks_on_signal()
    if settings.traces:
        _trace(command)
    return settings


def _trace(command: str) -> None:
    """Send spans by OTLP: loaded by who wants them, and another package's."""
    try:
        telemetry = import_module("stoflow.monitoring.telemetry").by_otlp(command)
    except ImportError as error:
        raise SettingsError(
            f"{variable_of('traces')} needs OpenTelemetry, which is not there ({error}): `pip install stoflow[traces]`."
        ) from None
    trace_by(telemetry)
    listen(telemetry.hear)

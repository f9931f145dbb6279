"""What every command begins with, once it is known that one is to run."""

from stoflow.monitoring import failpoints
from stoflow.monitoring.logs import setup_logging
from stoflow.monitoring.stacks import dump_stacks_on_signal
from stoflow.settings import Settings, SettingsError, load, variable_of
from stoflow.wiring.choices import check_marketplaces


def begin() -> Settings:
    """Return the settings in force. Raise SettingsError, or ConfigurationError, where one of them is wrong."""
    settings = load()
    check_marketplaces(settings)
    setup_logging(settings.log_level, settings.log_format)
    try:
        failpoints.arm_text(settings.failpoints)
    except ValueError as error:
        raise SettingsError(f"{variable_of('failpoints')} is wrong: {error}") from None
    dump_stacks_on_signal()
    return settings

"""What a database URL becomes."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from stoflow.domain.errors import ConfigurationError
from stoflow.storage.database.connecting import conninfo


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_scheme_the_settings_allow_is_understood(scheme: str):
    found = conninfo_to_dict(conninfo(f"{scheme}://mia:secret@db.example.com:6543/stoflow", application_name="x"))
    assert [found[name] for name in ("user", "password", "host", "port", "dbname")] == [
        "mia", "secret", "db.example.com", "6543", "stoflow"
    ]  # fmt: skip


def test_what_the_url_says_itself_wins_over_our_defaults_and_its_options_stay():
    url = "postgresql://h/d?connect_timeout=9&application_name=mine&options=-c%20work_mem%3D8MB"
    found = conninfo_to_dict(conninfo(url, application_name="x"))
    assert (found["connect_timeout"], found["application_name"]) == ("9", "mine")
    assert found["options"] == "-c work_mem=8MB"


def test_nothing_is_asked_at_start_that_a_pooler_would_refuse():
    found = conninfo_to_dict(conninfo("postgresql://h/d", application_name="x"))
    assert "options" not in found


def test_a_url_that_cannot_be_read_is_refused_without_its_password():
    with pytest.raises(ConfigurationError) as refused:
        conninfo("postgresql://mia:hunter2@h/d?nonsense=1", application_name="x")
    assert "hunter2" not in str(refused.value)

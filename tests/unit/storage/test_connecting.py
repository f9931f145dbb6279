"""What a database URL becomes."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from stoflow.domain.errors import ConfigurationError
from stoflow.storage.connecting import conninfo


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
    assert str(found["options"]).startswith("-c work_mem=8MB -c search_path= -c statement_timeout=5000")


def test_a_caller_may_change_a_setting():
    found = conninfo_to_dict(conninfo("postgresql://h/d", application_name="x", changed={"lock_timeout": "7"}))
    assert "-c lock_timeout=7" in str(found["options"])
    assert "lock_timeout=2000" not in str(found["options"])


def test_a_url_that_cannot_be_read_is_refused_without_its_password():
    with pytest.raises(ConfigurationError) as refused:
        conninfo("postgresql://mia:hunter2@h/d?nonsense=1", application_name="x")
    assert "hunter2" not in str(refused.value)

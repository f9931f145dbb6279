"""A log line shows what is on the list, and nothing else."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path
from string import Formatter

import pytest

from stoflow.domain.facts import accounts, mails, outages, processes, sign_ins, work
from stoflow.domain.facts.work import StepBroke
from stoflow.http import facts as door_facts
from stoflow.monitoring import logs
from stoflow.monitoring.context import about
from stoflow.monitoring.lines import OWN
from stoflow.monitoring.record import counts, record


@dataclass(frozen=True, slots=True)
class JobSubmitted:
    tenant: int
    job: int
    reason: str = ""
    access_token: str = "hunter2"


def test_a_fact_without_words_is_told_by_its_name_and_its_allowed_fields() -> None:
    assert logs.sentence(JobSubmitted(7, 42), "") == "job submitted tenant=7 job=42 reason="


def test_words_are_filled_in_but_never_with_a_field_that_is_not_on_the_list() -> None:
    assert logs.sentence(JobSubmitted(7, 42), "Job {job} uses {access_token}.") == "Job 42 uses ?."


def test_a_value_cannot_start_a_line_of_its_own_nor_flood_the_log() -> None:
    told = logs.sentence(JobSubmitted(7, 42, reason="a\nERROR forged" + "x" * 1000), "{reason}")
    assert told.startswith("a ERROR forged")
    assert len(told) == logs.MAX_VALUE_CHARS


def test_a_fact_is_logged_at_the_level_of_its_words(caplog: pytest.LogCaptureFixture) -> None:
    record(StepBroke(7, 42, "map", "KeyError"))
    assert [(line.levelno, line.getMessage()) for line in caplog.records] == [
        (logging.ERROR, "Task map of job 42, tenant 7, broke: KeyError.")
    ]


FACTS = {
    name: fact
    for module in (accounts, mails, outages, processes, sign_ins, work, door_facts)
    for name, fact in vars(module).items()
    if is_dataclass(fact) and name != "Fact"
}


def test_every_fact_has_words_and_no_words_are_left_of_facts_that_are_gone() -> None:
    assert set(logs.WORDS) == set(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_words_only_name_fields_that_the_fact_has_and_that_may_be_shown(name: str) -> None:
    _, words = logs.WORDS[name]
    named = {field for _, field, _, _ in Formatter().parse(words) if field}
    assert named <= {field.name for field in fields(FACTS[name])} & logs.SHOWN_FIELDS


def test_recording_counts_even_what_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    before = counts().get("JobSubmitted", 0)
    with caplog.at_level(logging.WARNING):
        record(JobSubmitted(7, 42))
    assert counts()["JobSubmitted"] == before + 1
    assert caplog.records == []


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_line_of_either_form_names_whom_it_is_about_and_shows_no_secret(
    form: logs.Form, capsys: pytest.CaptureFixture[str], lines: Callable[[logs.Form], None]
) -> None:
    lines(form)
    with about(client="127.0.0.1", tenant=7, request_id="4f1c", trace_id="0af7", job=""):
        record(StepBroke(7, 42, "map", "password=hunter2 of\n\u202eanybody"))
        logging.getLogger("somebody").warning("Authorization: Bearer %s", "hunter2")
    told, foreign = capsys.readouterr().err.splitlines()
    if form == "console":
        assert told.endswith(
            " ERROR   MainProcess Task map of job 42, tenant 7, broke: password=*** of \\u202eanybody."
            " [from 127.0.0.1, request 4f1c, trace 0af7]"
        )
        assert foreign.endswith("Authorization: Bearer *** [from 127.0.0.1, tenant 7, request 4f1c, trace 0af7]")
        return
    ids = {"client": "127.0.0.1", "tenant": 7, "request_id": "4f1c", "trace_id": "0af7"}
    own = json.loads(told)
    assert own.pop("time").endswith("Z")
    assert own == {
        "level": "error",
        "message": "Task map of job 42, tenant 7, broke: password=*** of \\u202eanybody.",
        "fact": "StepBroke",
        **ids,
        "job": 42,
        "task": "map",
        "error": "password=*** of \\u202eanybody",
        "logger": "stoflow",
        "process_name": "MainProcess",
    }
    assert json.loads(foreign).items() >= {"message": "Authorization: Bearer ***", **ids}.items()


@pytest.mark.parametrize("form", ["console", "json"])
def test_the_trace_of_a_fault_is_shown_without_secrets(
    form: logs.Form, capsys: pytest.CaptureFixture[str], lines: Callable[[logs.Form], None]
) -> None:
    lines(form)
    try:
        _ = {}["password=hunter2"]
    except KeyError:
        logging.getLogger("somebody").exception("It broke.")
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "password=***" in told
    assert "hunter2" not in told
    assert len(told.splitlines()) == 1 or form == "console"


def test_no_field_is_called_as_what_a_line_has_itself() -> None:
    assert not logs.SHOWN_FIELDS & set(OWN)


@pytest.fixture
def lines() -> Iterator[Callable[[logs.Form], None]]:
    """Set a form, for this test alone."""
    root = logging.getLogger()
    before = root.level
    yield partial(logs.setup_logging, "INFO")
    root.removeHandler(logs._handler)
    logs._handler.close()
    root.setLevel(before)


PROGRAM = """
import logging
from stoflow.monitoring.logs import setup_logging
setup_logging("DEBUG"); setup_logging("DEBUG")
logging.getLogger("engineio.server").warning("CONNECT hunter2")
logging.getLogger("httpx").info("GET http://host/?token=hunter2")
logging.getLogger("stoflow").info("hello")
"""


def test_libraries_that_log_payloads_are_kept_quiet_and_a_line_is_written_once() -> None:
    ended = _python(PROGRAM)
    lines = ended.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("hello")
    assert ended.stdout == ""


def test_a_signal_dumps_the_stack_of_every_thread() -> None:
    program = (
        "import os, signal; from stoflow.monitoring.stacks import dump_stacks_on_signal;"
        "dump_stacks_on_signal(); os.kill(os.getpid(), signal.SIGUSR1)"
    )
    ended = _python(program)
    assert "most recent call first" in ended.stderr
    assert ended.returncode == 0


def _python(program: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)

"""The main job: products of several sellers, listed where they were asked to be, with one command."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

PATIENCE_S = 110
GONE_WITHIN_S = 60
PRODUCTS = """id,title,price,category,brand,condition,size,colour,description
1,Vintage wool coat,45.00,women/coats,Max Mara,Very good,M,Beige,Warm.
2,,12,women/dresses,Zara,Good,S,Red,Without a title.
3,Silk scarf,20,women/scarves,,Good,One size,Blue,Bright.
4,A thing of no kind,20,,,Good,,Blue,Nobody knows where this belongs.
"""


@pytest.fixture
def environment(tmp_path: Path, database_url: str, redis_url: str) -> dict[str, str]:
    named = {"STOFLOW_HOME": str(tmp_path), "STOFLOW_DATABASE_URL": database_url, "STOFLOW_REDIS_URL": redis_url}
    return {**os.environ, **named}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "stoflow", "demo", "--tenants", "2", *arguments]


@pytest.mark.timeout(PATIENCE_S + GONE_WITHIN_S)
def test_a_file_is_published_everywhere_and_what_could_not_be_says_why(environment: dict[str, str], tmp_path: Path):
    file = tmp_path / "products.csv"
    file.write_text(PRODUCTS)
    arguments = command("--products", str(file), "--placeholder-photos", "--speed", "100", "--json")
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["tenants"], summary["products"], summary["rejected_rows"]) == (2, 3, 1)
    assert summary["jobs"] == {"total": 9, "completed": 6, "failed": 3, "cancelled": 0, "expired": 0}
    assert summary["listings"] == {"vinted": 2, "ebay": 2, "etsy": 2}
    counters = ("lost", "doubled", "unexpected", "wrong_owner", "over_limit", "reordered", "excess_creates")
    assert [summary[counter] for counter in counters] == [0] * len(counters)
    assert any("etsy validate: category" in failure["reason"] for failure in summary["failures"])
    assert "line 3: title: The title is empty." in done.stderr


@pytest.mark.timeout(PATIENCE_S + GONE_WITHIN_S)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_ended_leaves_no_process_behind(environment: dict[str, str], number: signal.Signals):
    with subprocess.Popen(
        command("--limit", "60"), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stderr
        said = ""
        while " created" not in said:
            said = demo.stderr.readline()
            assert said, "The demo ended before it began."
        children = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(number)
        demo.wait(GONE_WITHIN_S)
    assert len(children) >= 4
    _, alive = psutil.wait_procs(children, timeout=GONE_WITHIN_S)
    for child in alive:
        child.kill()
    assert not alive


def test_a_second_demo_in_one_home_is_refused(environment: dict[str, str], tmp_path: Path):
    with subprocess.Popen(
        command("--limit", "60"), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stderr
        demo.stderr.readline()
        second = subprocess.run(
            command("--limit", "1"), env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        demo.terminate()
    assert second.returncode == 1
    assert f"is running in {tmp_path}." in second.stderr

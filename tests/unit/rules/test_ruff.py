"""What we leave to ruff is really found by the rules as configured."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("code", "program"),
    [
        ("PLC0415", "def f():\n    import json\n\n    return json\n"),
        ("S110", "try:\n    f()\nexcept ValueError:\n    pass\n"),
        ("E722", "try:\n    f()\nexcept:\n    x = 1\n"),
        ("TID251", 'import logging\n\nlogger = logging.getLogger("x")\n'),
        ("T201", 'print("x")\n'),
        ("FIX002", "x = 1  # TODO: more\n"),
        ("TID252", "from .job import x\n"),
        ("DTZ005", "from datetime import datetime\n\nx = datetime.now()\n"),
    ],
)
def test_ruff_finds(code: str, program: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"]
    checked = subprocess.run(
        [*command, "--stdin-filename=stoflow/jobs/example.py", "-"],
        input=program,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert checked.returncode == 1
    assert f" {code} " in checked.stdout

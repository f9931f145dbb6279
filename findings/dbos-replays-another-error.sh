#!/usr/bin/env bash
# DBOS 3.4.0: after a crash, a step that failed with httpx's HTTPStatusError fails with a TypeError, and the workflow takes
# another branch than it took before.
#
# A workflow is run again from what its steps left: a step that is done is not called, and its result or error is given back.
# Expected: the error that `except httpx.HTTPStatusError` caught is caught there again; or the step, when it is recorded, says
#           that its error cannot be kept.
# Happens:  DBOS pickles the error (`DefaultSerializer.serialize`) and never tries to read it back. Python rebuilds an error
#           from its `args`, and httpx's takes `request` and `response` by name only: reading it raises a TypeError, in the
#           place of the step. So "it is listed already" is "something is broken" in the second run, and what the first branch
#           began is not finished. Any error of one's own whose `__init__` takes more than it hands to `Exception` does so.
# Seen on 2026-11-29 with httpx 0.28.1, SQLite, a process that ends in the middle of the second step:
#   first run:  the marketplace answered 409, it is listed already
#   recovered:  TypeError, HTTPStatusError.__init__() missing 2 required keyword-only arguments: 'request' and 'response'
#   publish was called 1 time
# That `args` and `__init__` have to agree is told in dbos-transact-py's issue 371 of `retrieve_workflow`; that a replay takes
# another branch is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dbos==3.4.0 httpx==0.28.1
cd "$folder"
cat > sell.py <<'PYTHON'
import os
import sys
from pathlib import Path

import httpx
from dbos import DBOS, SetWorkflowID

RUN = sys.argv[1]
DBOS(
    config={
        "name": "selling",
        "system_database_url": "sqlite:///state.sqlite",
        "application_version": "1",
        "run_admin_server": False,
        "log_level": "CRITICAL",
    }
)


@DBOS.step()
def publish():
    with Path("calls").open("a") as calls:
        calls.write("publish\n")
    answer = httpx.Response(409, request=httpx.Request("POST", "https://marketplace.example/listings"))
    answer.raise_for_status()


@DBOS.step()
def settle(branch):
    Path(RUN).write_text(branch)
    if RUN == "first":
        os._exit(0)


@DBOS.workflow()
def sell():
    try:
        publish()
    except httpx.HTTPStatusError as error:
        settle(f"the marketplace answered {error.response.status_code}, it is listed already")
    except Exception as error:
        settle(f"{type(error).__name__}, {error}")


DBOS.launch()
if RUN == "first":
    with SetWorkflowID("one"):
        sell()
else:
    DBOS.retrieve_workflow("one").get_result()
    DBOS.destroy()
PYTHON
venv/bin/python sell.py first
venv/bin/python sell.py second
venv/bin/python - <<'PYTHON'
from pathlib import Path

first, second = Path("first").read_text(), Path("second").read_text()
calls = len(Path("calls").read_text().split())
print(f"first run:  {first}\nrecovered:  {second}\npublish was called {calls} time")
assert first == "the marketplace answered 409, it is listed already", "changed: the first run does not see the answer"
assert second.startswith("TypeError, HTTPStatusError.__init__() missing"), "changed: the same error is given back"
assert calls == 1, "changed: the step is called again"
PYTHON

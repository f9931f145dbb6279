"""`python -m campaigns.older …`: a `stoflow` command of an older release, of which a variable names the folder."""

import io
import os
import subprocess
import sys
import tarfile
from importlib import import_module
from pathlib import Path

OLDER = "campaigns.older"
FOLDER_VARIABLE = "STOFLOW_CAMPAIGN_OLDER"
CHECKOUT = Path(__file__).parents[1]


def main() -> None:
    """Run the command as that release would: nothing of this one is imported before."""
    sys.path.insert(0, os.environ[FOLDER_VARIABLE])
    children, child = import_module("stoflow.cli.run.children"), import_module("stoflow.cli.run.child")
    assert str(child.__file__).startswith(os.environ[FOLDER_VARIABLE]), f"{child.__file__} is another release's."
    children.CHILD_MODULE = OLDER  # type: ignore[attr-defined]
    child.main()


def check_out(commit: str, folder: Path) -> None:
    """Put the package as it was at `commit` into the folder; end with what git says where there is no such commit."""
    archive = subprocess.run(["git", "archive", commit, "stoflow"], cwd=CHECKOUT, capture_output=True, check=False)
    if archive.returncode:
        sys.exit(f"--older {commit}: {archive.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
        packed.extractall(folder, filter="data")


if __name__ == "__main__":
    main()

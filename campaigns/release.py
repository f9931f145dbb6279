"""The next release of StoFlow, with one column more in each tenant's schema: a copy of this one, and a revision."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import environ, pathsep
from pathlib import Path

import stoflow
from stoflow.migrations.revisions import TENANT, folder_of, head_of

PACKAGE = Path(stoflow.__file__).parent
TABLE, COLUMN, TYPE = "products", "campaign_note", "text"
REVISION = "29990101_0001_campaign"
TEXT = f'''"""One column more."""

from alembic import op

revision = "{REVISION}"
down_revision = "{{before}}"


def upgrade() -> None:
    op.execute("ALTER TABLE {TABLE} ADD COLUMN {COLUMN} {TYPE}")
'''


@dataclass(frozen=True, slots=True)
class Release:
    """Runs commands of the release in `folder`."""

    folder: Path
    variables: Mapping[str, str]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        path = pathsep.join(filter(None, (str(self.folder), environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            [sys.executable, "-m", "stoflow", *arguments],
            env={**environ, **self.variables, "PYTHONPATH": path},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it said on standard output."""
        with self.start(*arguments) as process:
            said, complained = process.communicate()
        print(complained, end="", file=sys.stderr, flush=True)
        return process.returncode, said


def next_release(folder: Path, variables: Mapping[str, str]) -> Release:
    """Return a release that is this one with a revision more, in a folder of its own."""
    copied = folder / PACKAGE.name
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    versions: Sequence[str] = folder_of(TENANT).relative_to(PACKAGE).parts
    place = copied.joinpath(*versions, "versions", f"{REVISION}.py")
    place.write_text(TEXT.format(before=head_of(TENANT)))
    return Release(folder, variables)

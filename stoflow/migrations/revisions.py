"""The revisions there are, by their files' names: whoever only compares one does without Alembic."""

from functools import cache
from pathlib import Path

VERSION_TABLE = "alembic_version"
BASELINE = "20260105_0001"
SHARED = "shared"
TENANT = "tenant"


def folder_of(stream: str) -> Path:
    return Path(__file__).parent / stream


def head_of(stream: str) -> str:
    """Return the newest revision of a stream."""
    return max(_revisions(stream))


def is_known(stream: str, revision: str) -> bool:
    """Say whether a revision is one of this stream's; one that is not is a newer StoFlow's, or another program's."""
    return revision in _revisions(stream)


def is_behind(stream: str, revision: str | None) -> bool:
    """Say whether a schema has something of this stream before it; one that a newer StoFlow brought further has not."""
    return revision is None or (revision != head_of(stream) and is_known(stream, revision))


def revisions_after(stream: str, revision: str | None) -> tuple[str, ...]:
    """Return what stands behind a revision in its stream, in order; all of it for None."""
    return tuple(each for each in sorted(_revisions(stream)) if revision is None or each > revision)


@cache
def _revisions(stream: str) -> frozenset[str]:
    """Return them all; each begins with its day and hour, so that the newest is the last in order."""
    return frozenset(path.stem for path in (folder_of(stream) / "versions").glob("[0-9]*.py"))

"""`python -m rules`: asks every rule about every tracked file, prints what it finds, exits 1 if there is anything."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from rules.calls import CALL_RULES
from rules.failpoints import FAILPOINT_RULES
from rules.shape import SHAPE_RULES
from rules.source import Rule, Source
from rules.statements import STATEMENT_RULES
from rules.words import WORD_RULES

RULES: tuple[Rule, ...] = (*SHAPE_RULES, *CALL_RULES, *WORD_RULES, *STATEMENT_RULES, *FAILPOINT_RULES)
ROOT = Path(__file__).parents[1]


def tracked_sources(root: Path) -> Iterator[Source]:
    """Yield every text file git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (text := _text_of(root / name)) is not None:
            yield Source(PurePosixPath(name), text)


def _text_of(path: Path) -> str | None:
    """Return None for what is no text, and for what was deleted but not yet committed."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def findings(sources: Iterable[Source], rules: Iterable[Rule] = RULES) -> Iterator[str]:
    every = tuple(rules)
    for source in sources:
        for rule in every:
            if rule.applies(source):
                for finding in rule.check(source):
                    yield f"{source.path}:{finding.line}: {rule.name}: {finding.message}"


def main() -> int:
    found = list(findings(tracked_sources(ROOT)))
    print("\n".join(found) or f"{len(RULES)} rules, nothing found.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

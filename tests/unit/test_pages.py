"""What the pages point at is really there."""

import re
from pathlib import Path

import pytest

from stoflow.settings import ENV_PREFIX, Settings, variable_of

ROOT = Path(__file__).parents[2]
NUMBERED = re.compile(r"\d{4}-")  # a decision is a record of its day: what it names may have moved since
WRITTEN = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
PAGES = sorted(page for page in WRITTEN if not NUMBERED.match(page.name))
PATH = re.compile(
    r"`((?:stoflow|tests|docs|benchmarks|campaigns|rules|changelog\.d|\.ci)/[\w./-]*|[\w-]+\.(?:toml|yml|md))`"
)
PLACE = re.compile(r"`((?:stoflow|tests)/[\w./-]+\.py)::(\w+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")
EXCERPT = re.compile(r"^```(?:python|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"`make ([a-z-]+)|^\$ make ([a-z-]+)", re.MULTILINE)
VARIABLE = re.compile(rf"\b{ENV_PREFIX}[A-Z0-9_]+\b")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_and_link_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = {name for name in PATH.findall(text) if not name.startswith("stoflow/marketplaces/<")}
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [link for link, _ in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_that_a_page_gives_a_place_stands_there(page: Path) -> None:
    for file, name in PLACE.findall(page.read_text(encoding="utf-8")):
        written = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^\s*(?:(?:async )?def|class) {name}\b|^{name}\b.*=", written, re.MULTILINE), (
            f"{file}::{name}"
        )


OF_EXAMPLES = {"STOFLOW_BROCANTE_"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_and_variable_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {first or second for first, second in TARGET.findall(text)} <= targets
    assert set(VARIABLE.findall(text)) - OF_EXAMPLES <= {variable_of(field) for field in Settings.model_fields}


def test_what_a_page_quotes_of_the_example_stands_there() -> None:
    quoted = EXCERPT.findall((ROOT / "docs" / "adding-a-marketplace.md").read_text(encoding="utf-8"))
    files = [file for file in (ROOT / "examples").rglob("*") if file.suffix in {".py", ".toml"}]
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert quoted
    assert [excerpt for excerpt in quoted if not any(excerpt in text for text in texts)] == []


def test_make_alone_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    described = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    assert sorted(phony[1].split()) == sorted(described)


def test_every_test_that_the_page_on_security_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8")))
    written = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in written] == []

"""A package of examples/ as `pip install` would leave it, made without pip and without a network."""

import importlib
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def install(name: str, site: Path) -> None:
    """Put the package and what importlib.metadata reads of it into a folder that stands for site-packages."""
    project = tomllib.loads((EXAMPLES / name / "pyproject.toml").read_text("utf-8"))["project"]
    (site / name).symlink_to(EXAMPLES / name / name, target_is_directory=True)
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", "utf-8"
    )
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{entry} = {value}" for entry, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")


def install_copy(name: str, site: Path) -> Path:
    """Put a copy there that may be changed; return its folder."""
    install(name, site)
    (site / name).unlink()
    return Path(shutil.copytree(EXAMPLES / name / name, site / name))


@contextmanager
def installed(name: str) -> Iterator[None]:
    """Let this process find an installed package for a while; what it has imported by then stays."""
    with tempfile.TemporaryDirectory() as site:
        install(name, Path(site))
        sys.path.insert(0, site)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(site)
            importlib.invalidate_caches()

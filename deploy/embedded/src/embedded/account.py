"""The unprivileged user that servers run as when we are root."""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded.places import is_root

_USUAL_USER: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The user to drop to: `LOCALEX_SERVER_USER` or `nobody`; None when we are not root.

    Raises:
        LookupError: No such user.
    """
    if not is_root():
        return None
    name = os.environ.get("LOCALEX_SERVER_USER", _USUAL_USER)
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise LookupError(
            f"user {name!r} does not exist here; servers must not run as root: name another in "
            "LOCALEX_SERVER_USER"
        ) from error
    return Account(name, entry.pw_uid, entry.pw_gid)


def make_folder(path: Path, owner: Account | None, mode: int = 0o700) -> Path:
    """Make a folder that belongs to `owner`."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if owner is not None:
        shutil.chown(path, owner.uid, owner.gid)
    return path


def write_file(path: Path, text: str, *, owner: Account | None = None, mode: int = 0o600) -> None:
    """Write a whole file or none of it, never readable by more than `mode` says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.chmod(mode)
    if owner is not None:
        shutil.chown(temporary, owner.uid, owner.gid)
    temporary.replace(path)


def open_way(path: Path) -> None:
    """Let the server user pass through the folders above `path` that we made.

    Raises:
        PermissionError: A folder above belongs to somebody else and is closed.
    """
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            raise PermissionError(
                f"{parent} is closed to other users, so servers that refuse to run as root cannot "
                "reach it: choose another folder with --data or LOCALEX_CACHE"
            )

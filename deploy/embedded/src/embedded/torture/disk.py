"""Disks that can be filled: a memory file system for each data folder, in a namespace of our own.

Mounts are seen by this process and those it starts, and go with the last of them. The superuser
may make them; so may an ordinary user where user namespaces are on.
"""

import ctypes
import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

#: Room for what a part may add; what it has is not counted, however long a run is.
_ROOM_BYTES: Final = 6 * 1024**3
#: What is left on a disk that is filled: enough for a little while.
_LEFT_BYTES: Final = 64 * 1024
_REMOUNT: Final = 32
_DETACH: Final = 2
_REC_PRIVATE: Final = 0x4000 | (1 << 18)


class NoDisks(Exception):
    """Disks of our own cannot be had here; the message says why."""


class Disks:
    """The disks of a run: one a part, in a data folder that is still empty."""

    def __init__(self, data: Path) -> None:
        """For the parts in a data folder; call `enter_namespace` first."""
        self._data = data
        self._mounted: set[str] = set()

    def mount(self, parts: Sequence[str]) -> None:
        """Give each part a disk of its own.

        Raises:
            NoDisks: The system does not let us.
        """
        for part in parts:
            folder = self._data / part
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _mount("tmpfs", str(folder), f"size={_ROOM_BYTES},mode=0700", 0)
            self._mounted.add(part)

    def fill(self, part: str) -> int | None:
        """Leave next to no room on a part's disk; returns its size then, or nothing without one."""
        if part not in self._mounted:
            return None
        return self._leave(part, _LEFT_BYTES)

    def unmount(self, *, keep: bool = False) -> None:
        """Take the disks away again; what they held stays in the folders, or goes."""
        library = ctypes.CDLL(None, use_errno=True)
        for name in sorted(self._mounted):
            folder, kept = self._data / name, self._data / f"{name}.kept"
            if keep:
                subprocess.run(["cp", "-a", folder, kept], check=True)
            library.umount2(str(folder).encode(), _DETACH)
            if keep:
                folder.rmdir()
                kept.rename(folder)
        self._mounted.clear()

    def free(self, part: str | None = None) -> None:
        """Give the room back: of one part, or of all."""
        for name in self._mounted if part is None else {part} & self._mounted:
            self._leave(name, _ROOM_BYTES)

    def _leave(self, part: str, room_bytes: int) -> int:
        """Let a part's disk have so much more than is used of it; returns its size."""
        state = os.statvfs(self._data / part)
        size = (state.f_blocks - state.f_bfree) * state.f_frsize + room_bytes
        _mount("tmpfs", str(self._data / part), f"size={size}", _REMOUNT)
        return size


def enter_namespace() -> None:
    """Leave the mounts that others see; to be called before any thread is started.

    Raises:
        NoDisks: The system does not let us.
    """
    if not hasattr(os, "unshare"):
        raise NoDisks("there are no namespaces on this system")
    user, group = os.getuid(), os.getgid()
    try:
        if user == 0:
            os.unshare(os.CLONE_NEWNS)
        else:
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        _mount("none", "/", "", _REC_PRIVATE, kind=None)
    except OSError as error:
        name = pwd.getpwuid(user).pw_name
        raise NoDisks(f"{name} may not make a namespace for mounts: {error}") from error


def _mount(source: str, target: str, options: str, flags: int, kind: str | None = "tmpfs") -> None:
    # The C library and not the command: a user namespace's rights end with the next program.
    library = ctypes.CDLL(None, use_errno=True)
    failed = library.mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    if failed:
        number = ctypes.get_errno()
        raise NoDisks(f"{target} cannot be mounted: {os.strerror(number)}")

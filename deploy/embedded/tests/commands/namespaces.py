"""Ways to run a command with less than the tests have: without a network, or without being root.

Each is what stands before the command. Where the machine has no such way the test is skipped, with
what the machine said.
"""

import subprocess
import sys
from typing import Final

import pytest

from embedded.places import is_root

ORDINARY_UID: Final = 1000
#: A new network has a loopback device that is down: up with it, and on with the command.
_LOOPBACK_UP: Final = """
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
    fcntl.ioctl(device, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def without_network() -> list[str]:
    """A network of its own, in which nobody is but this machine."""
    own = [] if is_root() else ["--user", "--map-current-user", "--keep-caps"]
    return _usable(["unshare", *own, "--net", sys.executable, "-c", _LOOPBACK_UP])


def as_ordinary_user() -> list[str]:
    """Root is user 1000 to all that it starts; whoever is not root stays who he is."""
    mapped = [f"--map-user={ORDINARY_UID}", f"--map-group={ORDINARY_UID}"]
    return _usable(["unshare", "--user", *mapped]) if is_root() else []


def _usable(words: list[str]) -> list[str]:
    try:
        tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no `unshare` here")
    if tried.returncode:
        pytest.skip(f"this machine makes no namespace: {tried.stderr.strip()}")
    return words

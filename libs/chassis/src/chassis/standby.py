"""Standing by: everything is loaded and nothing is opened, until it is one's turn.

Most of the time for which a service is away after a crash its modules are loaded: a second or
more of processor time, which others want as well. Whoever keeps a service up may have that done
before: `python -m SERVICE ROLE stand-by` loads, then waits for a line on its standard input.
"""

import os
import sys
from typing import Final

STAND_BY: Final = "stand-by"


def wait_for_turn() -> None:
    """Wait until it is our turn.

    Raises:
        SystemExit: Whoever would have said so is gone.
    """
    # What `Process` loads beside the first requests is loaded here too: there is time.
    import chassis.messaging  # noqa: F401

    if not sys.stdin.buffer.readline():
        raise SystemExit(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)

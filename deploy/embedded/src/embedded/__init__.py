"""The whole system from real servers, without Docker and without root.

For programs: `Stack` starts, breaks and stops it. For people: the command `localex`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedded.stack import Stack

__all__ = ["Stack"]


def __getattr__(name: str) -> Any:
    """Import `Stack` when it is asked for: commands answer sooner without."""
    if name == "Stack":
        from embedded.stack import Stack

        return Stack
    raise AttributeError(name)

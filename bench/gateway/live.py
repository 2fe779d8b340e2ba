"""Streams of events: memory of each, and time from the commit to the client."""

import argparse
from typing import Any

from embedded import Stack


async def measure_live(stack: Stack, chosen: argparse.Namespace) -> dict[str, Any]:
    """Not yet."""
    raise NotImplementedError

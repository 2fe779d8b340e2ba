"""`localex search`: the index made anew, and compared with what was told."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places
from localex_client import LocalEx

LOOK_SECONDS: Final = 0.5
BAR: Final = 30

type UrlOption = Annotated[str | None, Parameter(name="--url", help="Another gateway.")]


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="search", help="Look after the index.")
    group.command(reindex)
    group.command(parity)
    app.command(group)


def reindex(*, url: UrlOption = None, data: DataOption = None) -> None:
    """Make the index anew from all that was ever told, while the old one serves.

    The services do it: if this command is broken off, it goes on, and the command shows how far it
    is when it is called again. Exit code 1 when the new index is not put in place.

    Args:
        url: Another gateway than that of the stack that runs here.
        data: Data folder.
    """
    ended = asyncio.run(_reindex(Places.of(data), url))
    print(f"{ended['state']}: {ended['documents']:,} documents written to {ended['index']}")
    if ended["state"] != "done":
        print(ended["detail"], file=sys.stderr)
        sys.exit(1)


def parity(*, wait_seconds: float = 300, url: UrlOption = None, data: DataOption = None) -> None:
    """Compare the whole index with what was told and with the marketplace's own rows.

    What is missing, old or other is told again; what belongs to nobody is removed when the
    marketplace was asked for it twice, which takes some minutes. Exit code 1 when something still
    differs at the end.

    Args:
        wait_seconds: How long to wait until all is compared and mended.
        url: Another gateway than that of the stack that runs here.
        data: Data folder.
    """
    stand = asyncio.run(_compare(Places.of(data), url, wait_seconds))
    print(f"{stand['completed_items']:,} items compared at {stand['completed_at']}")
    print(f"{stand['inventoried_items']:,} named by the marketplace at {stand['inventoried_at']}")
    if stand["ownerless"]:
        print(f"{stand['ownerless']:,} here and not there", file=sys.stderr)
    for kind, count in sorted(stand["open"].items()):
        print(f"{count:,} {kind}", file=sys.stderr)
    for one in stand["differences"][:20]:
        print(f"  {one['item_id']} {one['kind']}, since {one['found_at']}", file=sys.stderr)
    settled = stand["compared"] and not (stand["open"] or stand["suspects"] or stand["ownerless"])
    sys.exit(0 if settled else 1)


@asynccontextmanager
async def _operator(places: Places, url: str | None) -> AsyncIterator[LocalEx]:
    from embedded.connecting import find_gateway, log_in, operator_log_in

    async with find_gateway(places, url).open() as client:
        await log_in(client, operator_log_in(places))
        yield client


async def _reindex(places: Places, url: str | None) -> dict[str, Any]:
    async with _operator(places, url) as client:
        one: dict[str, Any] = await client.write("/v1/search/reindexings", {}, None)
        while one["ended_at"] is None:
            _show(one)
            await asyncio.sleep(LOOK_SECONDS)
            one = await client.ask("GET", f"/v1/search/reindexings/{one['id']}")
        _show(one)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return one


def _show(one: dict[str, Any]) -> None:
    if not sys.stderr.isatty():
        return
    share = one["read"] / one["total"] if one["total"] else float(one["ended_at"] is not None)
    bar = ("#" * round(share * BAR)).ljust(BAR, ".")
    text = f"\r{one['state']:<9} [{bar}] {one['read']:,} of {one['total']:,} messages"
    print(text, end="", file=sys.stderr, flush=True)


async def _compare(places: Places, url: str | None, wait_seconds: float) -> dict[str, Any]:
    until = time.monotonic() + wait_seconds
    async with _operator(places, url) as client:
        before = await client.ask("GET", "/v1/search/parity")
        await client.write("/v1/search/parity", {}, None)
        while True:
            stand: dict[str, Any] = await client.ask("GET", "/v1/search/parity")
            rounds = ("completed_at", "inventoried_at")
            compared = all(stand[name] != before[name] for name in rounds)
            settled = not (stand["open"] or stand["suspects"] or stand["ownerless"])
            if (compared and settled) or time.monotonic() > until:
                return {**stand, "compared": compared}
            await asyncio.sleep(LOOK_SECONDS)

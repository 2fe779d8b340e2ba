"""Gather what the other services show a person."""

from collections.abc import Awaitable, Callable

from gateway.exports.lifecycle import SOURCES
from gateway.exports.pack import Pack
from gateway.proxy.as_person import Asker, Source


async def gather_others(pack: Pack, asker: Asker, step: Callable[[int], Awaitable[None]]) -> None:
    """Write each list into the archive, page by page as it is then.

    Args:
        pack: The archive.
        asker: Asks as the person.
        step: Called with the number of files that are done.

    Raises:
        ExportTooLarge: More is kept than a file takes.
        Transient: A service is away.
    """
    for source in SOURCES:
        things: list[str] = []
        with pack.open(source.kind) as file:
            async for page in asker.pages(source):
                file.write(page)
                if source.of:
                    things += [str(line["id"]) for line in page]
        await step(1)
        for part in source.of:
            await _gather_parts(pack, asker, part, things)
            await step(1)


async def _gather_parts(pack: Pack, asker: Asker, part: Source, things: list[str]) -> None:
    """The lists of each thing, in one file."""
    with pack.open(part.kind) as file:
        for thing in things:
            async for page in asker.pages(part, thing):
                file.write({part.link: thing} | line for line in page)

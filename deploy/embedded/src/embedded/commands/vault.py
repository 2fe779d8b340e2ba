"""`localex vault`: the keys that wrap people's keys, changed while everything serves."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from embedded.commands.options import DataOption
from embedded.places import Places

if TYPE_CHECKING:
    from chassis.database import Connection
    from gateway.vault.keyring import Keys

_FILE = "GATEWAY_VAULT_KEYS_FILE"
_DATABASE = "GATEWAY_DATABASE_URL"


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="vault", help="Look after the keys of people's personal data.")
    group.command(status)
    group.command(rotate)
    group.command(retire)
    app.command(group)


def status(*, data: DataOption = None) -> None:
    """Show the wrapping keys, and how many keys and secrets of webhooks each of them wraps."""
    places = Places.of(data)
    keys = _read(_path(places))
    counts = asyncio.run(_counts(places))
    for name in {**keys.keys, **counts}:
        stands = "current" if name == keys.current else "old" if name in keys.keys else "GONE"
        print(f"{name or '(in the clear)':<24} {stands:<8} wraps {counts.get(name, 0):,}")


def rotate(*, resume: bool = False, data: DataOption = None) -> None:
    """Make a new wrapping key and wrap every key and secret anew. Old keys stay readable.

    Args:
        resume: Make no new key: go on where an earlier run was broken off.
        data: Data folder.
    """
    from embedded.account import write_file

    places = Places.of(data)
    path = _path(places)
    keys = _read(path)
    if not resume:
        keys = keys.rotated(datetime.now(UTC))
        write_file(path, keys.render())
    done = asyncio.run(_rewrap(places, path, keys))
    print(f"{done:,} keys wrapped anew with {keys.current}.")
    for old in keys.keys.keys() - {keys.current}:
        print(f"When no backup needs it any more: localex vault retire {old}")


def retire(name: str, /, *, data: DataOption = None) -> None:
    """Take an old wrapping key out of the file; one that still wraps something stays.

    Args:
        name: The key's name.
        data: Data folder.
    """
    from embedded.account import write_file
    from gateway.vault.keyring import UnsafeKeys

    places = Places.of(data)
    left = asyncio.run(_counts(places)).get(name, 0)
    if left:
        raise LookupError(f"{name} still wraps {left:,} keys: localex vault rotate --resume")
    path = _path(places)
    try:
        write_file(path, _read(path).without(name).render())
    except UnsafeKeys as error:
        raise LookupError(str(error)) from error
    print(f"{name} is gone. Backups of before the rotation can't be read without it.")


def _path(places: Places) -> Path:
    from embedded.operating import setting

    return Path(setting(places, _FILE))


def _read(path: Path) -> "Keys":
    from gateway.vault.keyring import Keyring, UnsafeKeys

    try:
        return Keyring(path).keys()
    except UnsafeKeys as error:
        raise LookupError(str(error)) from error


async def _counts(places: Places) -> dict[str, int]:
    from embedded.operating import connected, setting

    async with connected(setting(places, _DATABASE)) as conn:
        return await _count(conn)


async def _count(conn: "Connection") -> dict[str, int]:
    """What each wrapping key wraps: people's keys, and secrets of webhooks."""
    from gateway.vault.queries import count_wrappings
    from gateway.webhooks.queries import count_wrappings as count_secrets

    counts = Counter(await count_wrappings(conn))
    counts.update(await count_secrets(conn))
    return dict(counts)


async def _rewrap(places: Places, path: Path, keys: "Keys") -> int:
    """Batch after batch, each its own transaction; the gateway may be at it as well."""
    from embedded.books.reaching import bar
    from embedded.operating import connected, setting
    from gateway.vault.keyring import Keyring
    from gateway.vault.rewrap import rewrap_keys
    from gateway.webhooks.seal import seal_secrets

    keyring = Keyring(path)
    done = 0
    async with connected(setting(places, _DATABASE)) as conn:
        with bar() as progress:
            counts = await _count(conn)
            total = sum(count for name, count in counts.items() if name != keys.current)
            task = progress.add_task("keys", total=total)
            while sum(counts.values()) > counts.get(keys.current, 0):
                async with conn.transaction():
                    done += await rewrap_keys(conn, keyring, now=datetime.now(UTC))
                    done += await seal_secrets(conn, keyring)
                counts = await _count(conn)
                left = sum(count for name, count in counts.items() if name != keys.current)
                progress.update(task, completed=total - left)
                if left:
                    await asyncio.sleep(0.05)
    return done

"""`localex keys`: the key of internal tokens, changed while everything serves."""

from pathlib import Path

from cyclopts import App

from embedded.commands.options import DataOption
from embedded.places import Places

_PRIVATE = "GATEWAY_SIGNING_KEY_FILE"
_PUBLIC = "LOCALEX_INTERNAL_JWKS_FILE"


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="keys", help="Look after the key that the gateway signs internal tokens with.")
    group.command(rotate)
    group.command(retire)
    app.command(group)


def rotate(*, data: DataOption = None) -> None:
    """Make a new key: services believe it at once, the gateway signs with it some seconds later."""
    from gateway.proxy.rotate import RETIRE_SECONDS, rotate_key

    private, public = _paths(data)
    try:
        name = rotate_key(private, public, _write)
    except (OSError, ValueError) as error:
        raise LookupError(str(error)) from error
    print(f"{name} is published; the gateway changes to it by itself.")
    print(f"The old one is believed until, in {RETIRE_SECONDS} s or later: localex keys retire")


def retire(*, at_once: bool = False, data: DataOption = None) -> None:
    """Have services believe the gateway's present key only.

    Args:
        at_once: Do not wait until what the old key has signed is over, because it was stolen.
        data: Data folder.
    """
    from gateway.proxy.rotate import retire_keys

    private, public = _paths(data)
    try:
        count = retire_keys(private, public, _write, at_once=at_once)
    except (OSError, ValueError) as error:
        raise LookupError(str(error)) from error
    print(f"{count} old keys are believed no more.")


def _paths(data: Path | None) -> tuple[Path, Path]:
    from embedded.operating import setting

    places = Places.of(data)
    return Path(setting(places, _PRIVATE)), Path(setting(places, _PUBLIC))


def _write(path: Path, text: str, mode: int) -> None:
    from embedded.account import write_file

    write_file(path, text, mode=mode)

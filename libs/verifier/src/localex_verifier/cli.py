"""The command: reads files, says what holds, ends with 0 (proven), 1 (wrong) or 2 (unproven)."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from localex_verifier.errors import Wrong
from localex_verifier.note import Key, parse_key
from localex_verifier.receipt import Report, verify
from localex_verifier.statement import BEGINNING, verify_statement
from localex_verifier.strict import FILE_MAX_BYTES

PROVEN, WRONG, UNPROVEN = 0, 1, 2


class _Unreadable(Exception):
    """A file that was named cannot be read."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify receipts and statements from the command line.

    Args:
        arguments: Words after the command; those of the process if none are given.

    Returns:
        0 if all receipts are proven, 1 if one is wrong, 2 if one could not be proven.
    """
    options = _parser().parse_args(arguments)
    try:
        keys = [key for text in options.key for key in _read_keys(text)]
        checkpoints = [_read(path) for path in options.checkpoint]
        bundles = [_read(path) for path in options.consistency]
        receipts = [(path, _read(path)) for path in options.receipt]
    except (_Unreadable, Wrong) as error:
        _say(f"Cannot begin: {error}")
        return UNPROVEN
    outcomes = [
        _verify_one(path, text, keys=keys, checkpoints=checkpoints, bundles=bundles)
        for path, text in receipts
    ]
    return WRONG if WRONG in outcomes else max(outcomes)


def _verify_one(
    path: str, text: str, *, keys: list[Key], checkpoints: list[str], bundles: list[str]
) -> int:
    try:
        if text.startswith(BEGINNING):
            report = verify_statement(text, keys=keys)
        else:
            report = verify(text, keys=keys, checkpoints=checkpoints, bundles=bundles)
    except Wrong as wrong:
        _say(f"{path}: WRONG\n  {wrong}.")
        return WRONG
    _say(f"{path}: {'NOT FULLY PROVEN' if report.unproven else 'PROVEN'}\n{_words(report)}")
    return UNPROVEN if report.unproven else PROVEN


def _words(report: Report) -> str:
    lines = [f"  + {line}" for line in report.proven] + [f"  ? {line}" for line in report.unproven]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="localex-verify",
        description="Verifies receipts and statements offline."
        " Ends with 0: proven, 1: wrong, 2: not proven.",
    )
    parser.add_argument(
        "receipt", nargs="+", metavar="FILE", help="receipt (JSON) or statement (CSV)"
    )
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="KEY",
        help="public key you trust (<name>+<id>+<base64>), or a file of them, one a line;"
        " may be given several times",
    )
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="FILE",
        help="signed checkpoint you kept; may be given several times",
    )
    parser.add_argument(
        "--consistency",
        action="append",
        default=[],
        metavar="FILE",
        help="consistency proof (JSON) between two checkpoints; may be given several times",
    )
    return parser


def _read_keys(text: str) -> list[Key]:
    if "+" in text and not Path(text).is_file():
        return [parse_key(text)]
    return [parse_key(line) for line in _read(text).splitlines() if line.strip()]


def _read(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(FILE_MAX_BYTES + 1)
        return content.decode()
    except OSError as error:
        raise _Unreadable(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Unreadable(f"{path} is no text") from None


def _say(text: str) -> None:
    # What a receipt says may hold terminal escapes; they are shown, never obeyed.
    printable = "".join(c if c == "\n" or c.isprintable() else repr(c)[1:-1] for c in text)
    sys.stdout.write(printable + "\n")

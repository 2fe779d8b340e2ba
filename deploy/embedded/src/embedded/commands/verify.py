"""`localex verify FILE...`: receipts, offline, by the verifier that stands alone."""

import sys
from typing import Annotated

from cyclopts import App, Parameter


def register(app: App) -> None:
    """Add the command; its words and its help are the verifier's own."""
    app.command(verify, help_flags=[])


def verify(
    *words: Annotated[
        str,
        Parameter(allow_leading_hyphen=True, help="Receipts, --key, --checkpoint, --consistency."),
    ],
) -> None:
    """Verify receipts offline. Exit code 0: proven, 1: something is wrong, 2: not proven."""
    from localex_verifier.cli import main

    sys.exit(main(words))

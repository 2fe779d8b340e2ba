"""How commands over the books reach the database and tell how far they are."""

import os
from typing import TYPE_CHECKING, Final

from embedded.commands.options import DataOption
from embedded.places import Places

if TYPE_CHECKING:
    from rich.progress import Progress

LEDGER: Final = "LEDGER_DATABASE_URL"
MIGRATOR: Final = "LOCALEX_MIGRATOR_DATABASE_URL"


def address(data: DataOption, setting: str = LEDGER) -> str:
    """The database's address: as the environment says, or of the stack in the data folder."""
    from embedded.settings import read_settings

    return os.environ.get(setting) or read_settings(Places.of(data).settings_file)[setting]


def bar() -> "Progress":
    """A progress bar beside the output, gone when it is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )

"""Options that many commands have."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

type DataOption = Annotated[
    Path | None,
    Parameter(
        name="--data",
        help="Data folder; LOCALEX_DATA or the user's state folder when not given.",
    ),
]

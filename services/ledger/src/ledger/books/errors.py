"""Problems of bringing books in."""

from typing import Final

from chassis.problems import Malformed, Refused


class NotEmpty(Refused):
    """Books are brought into a ledger that nobody has written in."""

    title = "This ledger is not empty"


class NotAnExport(Malformed):
    """The folder holds no export that this ledger can read."""

    title = "This is no export of books"


class BadRow(Malformed):
    """A row that is not as it must be; nothing was brought in."""

    title = "A row is not as it must be"


#: What an expected rule of the database is called when it has no constraint's name.
UNNAMED: Final = "database"


def bad_row(file: str, line: int, field: str | None, rule: str, detail: str) -> BadRow:
    """Names the place of a fault: file, line, field and rule."""
    place = f"{file} line {line}" + (f", {field}" if field else "")
    return BadRow(f"{place}: {detail} ({rule})", file=file, line=line, field=field, rule=rule)

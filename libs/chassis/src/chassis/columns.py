"""Columns of many rows as one text each: the driver spends more on an array's elements.

In SQL, `string_to_array` takes them apart. JSON escapes the separator, and neither ids nor numbers
have it; what has it all the same is refused here.
"""

from collections.abc import Iterable
from typing import Final

SEPARATOR: Final = "\x1e"


class NotAColumn(ValueError):
    """A value has the separator in it."""


def join_column(values: Iterable[str]) -> str:
    """Values as one text.

    Args:
        values: At least one: no rows and one empty value look alike.

    Raises:
        NotAColumn: A value has the separator in it.
    """
    listed = list(values)
    text = SEPARATOR.join(listed)
    if text.count(SEPARATOR) != len(listed) - 1:
        raise NotAColumn("a value has the separator of columns in it")
    return text

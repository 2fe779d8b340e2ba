"""Where an item is said to be: a coarse cell of the H3 grid. Pure.

A spot that a client sends becomes its cell at once, and is kept nowhere: what is not there can't
be told, leak from a backup, or be found out from many distances.
"""

from decimal import Decimal
from typing import Final

import h3

#: About five square kilometres, the same for everybody: a cell is no circle around somebody.
RESOLUTION: Final = 7
_TOLD: Final = Decimal("0.001")


def cell_at(latitude: Decimal, longitude: Decimal) -> str:
    """The cell in which a spot lies."""
    cell: str = h3.latlng_to_cell(float(latitude), float(longitude), RESOLUTION)
    return cell


def is_cell(text: str) -> bool:
    """Whether a text names a cell of our resolution, in its one spelling."""
    return h3.is_valid_cell(text) and h3.get_resolution(text) == RESOLUTION and text.islower()


def centre_of(cell: str | None) -> tuple[str, str] | None:
    """Latitude and longitude of a cell's middle, as decimal strings."""
    if cell is None:
        return None
    latitude, longitude = (
        str(Decimal(degrees).quantize(_TOLD) + 0) for degrees in h3.cell_to_latlng(cell)
    )
    return latitude, longitude

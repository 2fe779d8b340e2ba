"""Problems of items."""

from typing import Any
from uuid import UUID

from chassis.problems import Malformed, Missing, Refused


class NoSuchItem(Missing):
    """There is no such item, or it is not on show."""

    title = "There is no such item"

    def __init__(self, item_id: UUID) -> None:
        """Name it."""
        super().__init__(f"no item {item_id} is on show here")


class ListingMalformed(Malformed):
    """The listing's fields do not go together."""

    title = "The listing is malformed"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        """Name each field with its rule."""
        names = ", ".join(dict.fromkeys(error["field"] for error in errors))
        super().__init__(f"check {names}: {errors[0]['message']}", errors=errors)


class IllegalStatus(Refused):
    """The item can't become that from what it is."""

    title = "The item can't become that"

    def __init__(self, present: str, wished: str) -> None:
        """Say from what to what."""
        super().__init__(
            f"a {present} item can't become {wished}",
            field="status",
            present_status=present,
            wished_status=wished,
        )


class QuantityTaken(Refused):
    """More pieces are promised or sold than the new quantity."""

    title = "The quantity is below what is promised"

    def __init__(self, reserved: int, sold: int) -> None:
        """Say how many."""
        super().__init__(
            f"trades hold {reserved} pieces and have sold {sold}: the quantity is at least their "
            f"sum",
            field="quantity",
            reserved=reserved,
            sold=sold,
            minimum=reserved + sold,
        )


class OutOfStock(Refused):
    """There are fewer pieces than asked for."""

    title = "Not enough pieces are left"

    def __init__(self, available: int, wanted: int) -> None:
        """Say how many there are."""
        super().__init__(
            f"{available} pieces are left, {wanted} are asked for",
            available=available,
            wanted=wanted,
        )


class NotOnOffer(Refused):
    """The item is not active."""

    title = "The item is not on offer"

    def __init__(self, status: str, **facts: Any) -> None:
        """Say what it is."""
        super().__init__(f"the item is {status}", item_status=status, **facts)

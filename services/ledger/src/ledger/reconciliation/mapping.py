"""Which column of a CSV file is what, as an operator declares it."""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.text import Exact

Column = Annotated[str, StringConstraints(min_length=1, max_length=100), Exact]
DateForm = Literal["YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "YYYYMMDD"]

_ORDERS: Final[dict[str, tuple[slice, slice, slice]]] = {
    "YYYY-MM-DD": (slice(0, 4), slice(5, 7), slice(8, 10)),
    "DD.MM.YYYY": (slice(6, 10), slice(3, 5), slice(0, 2)),
    "DD/MM/YYYY": (slice(6, 10), slice(3, 5), slice(0, 2)),
    "MM/DD/YYYY": (slice(6, 10), slice(0, 2), slice(3, 5)),
    "YYYYMMDD": (slice(0, 4), slice(4, 6), slice(6, 8)),
}


class CsvMapping(BaseModel):
    """The form of a provider's CSV files.

    Either `amount` is signed (credit positive), or `credit` and `debit` are two columns. With
    `balance` the opening and closing balances are read from the file, and each row is checked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: Literal[",", ";", "\t", "|"] = ","
    encoding: Literal["utf-8", "latin-1", "cp1252"] = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", "'", " "] = ""
    date_form: DateForm = "YYYY-MM-DD"
    newest_first: bool = False
    booked_on: Column
    amount: Column | None = None
    credit: Column | None = None
    debit: Column | None = None
    reference: Column | None = None
    details: Annotated[tuple[Column, ...], Field(max_length=8)] = ()
    currency: Column | None = None
    balance: Column | None = None

    @model_validator(mode="after")
    def _one_way_to_say_an_amount(self) -> Self:
        if (self.amount is None) == (self.credit is None or self.debit is None):
            raise ValueError("map amount, or credit and debit")
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are two characters")
        return self

    def columns(self) -> list[str]:
        """All columns that a file must have."""
        single = (
            self.booked_on, self.amount, self.credit, self.debit, self.reference, self.currency,
            self.balance,
        )  # fmt: skip
        return [*dict.fromkeys([*filter(None, single), *self.details])]

    def read_date(self, text: str) -> date:
        """A day in the declared form.

        Raises:
            ValueError: It has another form, or is no day.
        """
        form = self.date_form
        fits = len(text) == len(form) and all(
            digit.isascii() and digit.isdigit() if letter.isalpha() else digit == letter
            for digit, letter in zip(text, form, strict=False)
        )
        if not fits:
            raise ValueError(f"a day has the form {form}")
        year, month, day = (int(text[part]) for part in _ORDERS[form])
        return date(year, month, day)

    def read_amount(self, text: str, scale: int) -> int:
        """Minor units with a sign.

        Raises:
            ValueError: No amount in the declared form.
        """
        plain = text.strip()
        if self.thousands:
            plain = plain.replace(self.thousands, "")
        return minor_of(plain.replace(self.decimal, ".") if self.decimal != "." else plain, scale)


def minor_of(text: str, scale: int) -> int:
    """Minor units of a decimal number such as `-12.50`; what is too precise is refused.

    Raises:
        ValueError: It is no such number.
    """
    digits = text.removeprefix("-").removeprefix("+")
    if not digits or not all(c in "0123456789." for c in digits) or digits.count(".") > 1:
        raise ValueError("an amount is digits with an optional sign and fraction")
    whole, _, part = digits.partition(".")
    part = part.rstrip("0") if len(part) > scale else part
    if len(part) > scale:
        raise ValueError(f"the asset has {scale} decimals")
    if not whole or len(whole) + scale > 37:  # noqa: PLR2004 - 38 digits, less one for sums
        raise ValueError("an amount has 1 to 38 digits in minor units")
    return int(whole + part.ljust(scale, "0")) * (-1 if text.startswith("-") else 1)

"""Forms of what is kept, and who may read it. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Final

from chassis.problems import Malformed
from gateway.vault.errors import NoSuchField
from gateway.vault.models import Rule

TEXT_MAX: Final = 500
DOCUMENT_MAX: Final = 40_000
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_NATION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_COMPACT: Final = re.compile(r"[A-Z0-9]{4,40}", re.ASCII)


def _text(value: str) -> str:
    if not value.strip() or any(ord(character) < 32 for character in value):  # noqa: PLR2004
        raise ValueError("write some text, on one line")
    return value.strip()


def _phone(value: str) -> str:
    compact = re.sub(r"[ ().-]", "", value)
    if not _PHONE.fullmatch(compact):
        raise ValueError("a phone number is like +34600000000, with its country")
    return compact


def _day(value: str) -> str:
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise ValueError("a day is like 1990-12-31") from None
    return found.isoformat()


def _nation(value: str) -> str:
    if not _NATION.fullmatch(value):
        raise ValueError("a nationality is two capital letters, as in ISO 3166")
    return value


def _compact(value: str) -> str:
    compact = value.replace(" ", "").upper()
    if not _COMPACT.fullmatch(compact):
        raise ValueError("write 4 to 40 letters and digits")
    return compact


def _document(value: str) -> str:
    if not value.strip() or "\x00" in value:
        raise ValueError("a document is text, such as base64")
    return value


#: How each field is written; the table `vault_rule` has the same names (a test holds it).
FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "legal_name": _text,
    "phone": _phone,
    "postal_address": _text,
    "date_of_birth": _day,
    "nationality": _nation,
    "bank_account": _compact,
    "tax_number": _compact,
    "identity_document": _document,
    "proof_of_address": _document,
}


def check_field(field: str) -> None:
    """Whether it may be kept.

    Raises:
        NoSuchField: It may not.
    """
    if field not in FORMS:
        raise NoSuchField(f"there is no {field}; there are {', '.join(FORMS)}")


def check_value(field: str, value: str) -> str:
    """A value in the one form in which it is kept. The value is in no message.

    Raises:
        Malformed: It is too long, or has not the field's form.
    """
    form = FORMS[field]
    longest = DOCUMENT_MAX if form is _document else TEXT_MAX
    if len(value) > longest:
        raise _malformed(field, f"at most {longest} characters")
    try:
        return form(value)
    except ValueError as error:
        raise _malformed(field, str(error)) from None


def _malformed(field: str, message: str) -> Malformed:
    found = [{"field": "value", "rule": field, "message": message}]
    return Malformed(f"check value: {message}", errors=found)


def barred_fields(
    rules: Mapping[str, Rule], wanted: Collection[str], roles: Collection[str]
) -> list[str]:
    """Fields among those wanted that none of the roles may read of another person."""
    return sorted(name for name in wanted if rules[name].readers.isdisjoint(roles))

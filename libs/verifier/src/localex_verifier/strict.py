"""Reading with one spelling a meaning: nothing is guessed, skipped or read twice."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from localex_verifier.errors import Wrong

HASH_BYTES: Final = 32
FILE_MAX_BYTES: Final = 16 * 1024 * 1024


def read_json(text: str, what: str) -> Any:
    """Read JSON of objects, lists, strings and whole numbers; no field twice."""

    def refuse(token: str) -> NoReturn:
        raise Wrong(f"{what} holds {token[:40]}, which has no place in it")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise Wrong(f"{what} has a field twice, so it could be read in two ways")
        return fields

    try:
        return json.loads(text, object_pairs_hook=once, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"{what} is no JSON: {error}") from None


def read_canonical(text: str, what: str) -> dict[str, Any]:
    """Read an object that is written in the one way that RFC 8785 allows."""
    found = read_json(text, what)
    if not isinstance(found, dict) or canonical(found) != text:
        raise Wrong(f"{what} is not in canonical form, so its hash means nothing")
    return found


def canonical(value: Any) -> str:
    """RFC 8785 for what we use of JSON: ASCII keys, strings, lists, objects."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def require_fields(
    found: Any, what: str, wanted: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, Any]:
    """Hold an object to its fields."""
    if not isinstance(found, dict):
        raise Wrong(f"{what} is no object")
    wanted, allowed = set(wanted), set(wanted) | set(optional)
    for name in sorted(wanted - set(found)):
        raise Wrong(f"{what} has no field {name!r}")
    for name in sorted(set(found) - allowed):
        raise Wrong(f"{what} has a field {name!r} that no version of it knows")
    return found


def read_text(found: Any, what: str) -> str:
    """A string that can be written as UTF-8."""
    if not isinstance(found, str):
        raise Wrong(f"{what} is no text")
    try:
        found.encode()
    except UnicodeEncodeError:
        raise Wrong(f"{what} holds half a character") from None
    return found


def read_count(found: Any, what: str) -> int:
    """A whole number from 0 to what 63 bits hold."""
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 1 << 63:
        raise Wrong(f"{what} is no whole number from 0 on")
    return found


def read_list(found: Any, what: str) -> list[Any]:
    """A list."""
    if not isinstance(found, list):
        raise Wrong(f"{what} is no list")
    return found


def read_base64(found: Any, what: str) -> bytes:
    """Standard base64 in its one spelling."""
    text = read_text(found, what)
    try:
        decoded = b64decode(text.encode(), validate=True)
    except ValueError:
        raise Wrong(f"{what} is no base64") from None
    if b64encode(decoded).decode() != text:
        raise Wrong(f"{what} is base64 in another spelling than the standard's")
    return decoded


def read_proof(found: Any, what: str) -> list[bytes]:
    """A list of hashes."""
    proof = [read_base64(item, f"a hash of {what}") for item in read_list(found, what)]
    if any(len(item) != HASH_BYTES for item in proof):
        raise Wrong(f"{what} has a hash that is not {HASH_BYTES} bytes long")
    return proof

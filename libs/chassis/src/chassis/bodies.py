"""What is wrong with a body that could not be read as JSON: where, and in which of its members."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

#: The field of what concerns a body as a whole.
BODY: Final = "body"
FAULTS_MAX: Final = 20
#: A path is made of the sender's own words, and goes back to them.
_PATH_MAX: Final = 200
#: What `surrogateescape` makes of bytes that are no UTF-8.
_ESCAPED: Final = range(0xDC80, 0xDD00)

type Fault = dict[str, str]


def not_json(found: Mapping[str, Any]) -> Fault:
    """The framework's finding that a body is no JSON, which it makes at a character of it."""
    said, place = found["ctx"]["error"], found["loc"][1]
    return _fault(f"is no JSON: {said}: character {place}")


def unreadable(error: BaseException | None) -> list[Fault]:
    """Why a body could not be read.

    Args:
        error: What its reading raised.

    Returns:
        A fault of each member that has broken text, else of the body; nothing where the body is
        not to blame, as when the client went away.
    """
    match error:
        case UnicodeDecodeError():
            message = f"is no UTF-8: byte {error.start} of the body"
            return [
                {"field": field, "rule": "string_unicode", "message": message}
                for field in _broken_members(error) or [BODY]
            ]
        case RecursionError():
            return [_fault("is nested too deep")]
        case ValueError():
            return [_fault("has a number with too many digits")]
    return []


def _fault(message: str) -> Fault:
    return {"field": BODY, "rule": "json_invalid", "message": message}


def _broken_members(error: UnicodeDecodeError) -> list[str]:
    """Paths of members whose own text is broken; none where the rest is no JSON either."""
    try:
        document = json.loads(error.object.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return []
    found = islice(_broken_paths(document), FAULTS_MAX)
    return list(dict.fromkeys(".".join(path)[:_PATH_MAX] or BODY for path in found))


def _broken_paths(document: Any) -> Iterator[list[str]]:
    """In order, in no more memory than the document is deep."""
    path: list[str] = []
    open_parts: list[Iterator[tuple[str, Any]]] = [iter([(BODY, document)])]
    while open_parts:
        member = next(open_parts[-1], None)
        if member is None:
            open_parts.pop()
            del path[-1:]
            continue
        name, part = member
        if _is_broken(name):
            # A name that nobody can write down: what has the member is named.
            yield path[1:]
        elif isinstance(part, str):
            if _is_broken(part):
                yield [*path, name][1:]
        elif isinstance(part, dict | list):
            path.append(name)
            inner = part.items() if isinstance(part, dict) else _places(part)
            open_parts.append(iter(inner))


def _places(parts: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((str(place), one) for place, one in enumerate(parts))


def _is_broken(text: str) -> bool:
    return not text.isascii() and any(ord(character) in _ESCAPED for character in text)

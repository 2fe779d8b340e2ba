"""Optimistic concurrency (RFC 9110): `ETag` is the version, `If-Match` is what the client saw."""

import re
from typing import Annotated, Final

from fastapi import Depends, Header

from chassis.problems import Problem

_ETAG: Final = re.compile(r'"([0-9]{1,9})"', re.ASCII)


class StaleVersion(Problem):
    """The thing has changed since the client read it."""

    status = 412
    title = "It has changed since you read it"


class PreconditionRequired(Problem):
    """The change must say which version it was made from."""

    status = 428
    title = "Say which version you saw"


def etag_of(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def _read_if_match(
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=200)] = None,
) -> frozenset[int] | None:
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(int(found) for found in _ETAG.findall(if_match))


#: A route's parameter: versions that the client accepts; None accepts any.
IfMatch = Annotated[frozenset[int] | None, Depends(_read_if_match)]


def _require_if_match(
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=200)] = None,
) -> frozenset[int] | None:
    if if_match is None:
        raise PreconditionRequired(
            'send If-Match with the ETag you read, such as "3", or * to change whatever is there',
            header="If-Match",
        )
    return _read_if_match(if_match)


#: The same for a route that refuses changes which do not say what they were made from.
SeenVersion = Annotated[frozenset[int] | None, Depends(_require_if_match)]


def require_version(version: int, accepted: frozenset[int] | None) -> None:
    """Check a version while its row is locked.

    Raises:
        StaleVersion: The client saw another version.
    """
    if accepted is not None and version not in accepted:
        raise StaleVersion(
            f"it is at version {version}; read it again and repeat the change", version=version
        )

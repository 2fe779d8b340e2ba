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


def require_version(version: int, accepted: frozenset[int] | None) -> None:
    """Check a version while its row is locked.

    Raises:
        StaleVersion: The client saw another version.
    """
    if accepted is not None and version not in accepted:
        raise StaleVersion(
            f"it is at version {version}; read it again and repeat the change", version=version
        )

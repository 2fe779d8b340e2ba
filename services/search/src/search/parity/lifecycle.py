"""Digests, and what a difference is. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from contracts.marketplace import ItemChanged
from search.indexing.documents import document_of, told_in
from search.indexing.mapping import DOCUMENT_FORM
from search.parity.models import Fault, Told


def told_of(item: ItemChanged) -> Told:
    """What an event tells, in a few bytes."""
    return Told(item.item_id, item.version, digest_of(document_of(item)), DOCUMENT_FORM)


def indexed_of(source: Mapping[str, Any]) -> Told:
    """What a document tells."""
    return Told(UUID(source["item_id"]), source["version"], digest_of(source), DOCUMENT_FORM)


def digest_of(document: Mapping[str, Any]) -> bytes:
    """SHA-256 of what a document says of its item, whatever the order of its fields."""
    return sha256(orjson.dumps(told_in(document), option=orjson.OPT_SORT_KEYS)).digest()


def digest_of_bucket(items: Iterable[Told]) -> bytes:
    """One digest over items in order of id: equal only if all are."""
    digest = sha256()
    for item in items:
        digest.update(item.item_id.bytes)
        digest.update(item.version.to_bytes(8))
        digest.update(item.digest)
    return digest.digest()


def is_same(bucket: Sequence[Told], indexed: Mapping[UUID, Told]) -> bool:
    """Count and digest agree: the usual case, and then no item is looked at by itself."""
    if len(bucket) != len(indexed):
        return False
    inside, outside = (
        sorted(ones, key=lambda one: one.item_id) for ones in (indexed.values(), bucket)
    )
    return digest_of_bucket(outside) == digest_of_bucket(inside)


def between(after: UUID, last: UUID | None) -> dict[str, Any]:
    """The engine's question for documents of a bucket."""
    bounds = {"gt": str(after)} | ({"lte": str(last)} if last else {})
    return {"range": {"item_id": bounds}}


def compare(told: Mapping[UUID, Told], indexed: Mapping[UUID, Told]) -> dict[UUID, Fault]:
    """What is wrong with each item; nothing for those that agree.

    A digest of another version of the mapping says nothing: only versions are compared then.
    """
    found: dict[UUID, Fault] = {}
    for item_id in {*told, *indexed}:
        fault = _fault(item_id, told.get(item_id), indexed.get(item_id))
        if fault is not None:
            found[item_id] = fault
    return found


def _fault(item_id: UUID, told: Told | None, indexed: Told | None) -> Fault | None:
    if told is None:
        return Fault(item_id, "extra", None, indexed.version if indexed else None)
    if indexed is None:
        return Fault(item_id, "missing", told.version, None)
    if indexed.version < told.version:
        return Fault(item_id, "stale", told.version, indexed.version)
    if indexed.version > told.version:
        return Fault(item_id, "ahead", told.version, indexed.version)
    if told.form == indexed.form and told.digest != indexed.digest:
        return Fault(item_id, "content", told.version, indexed.version)
    return None

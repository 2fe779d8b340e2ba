"""What an old reader or an old message would not survive, found by comparing two JSON Schemas.

Two directions, for the same version of a message: the new reader gets an old message, and the old
reader gets a new one. Each break names the field and says who would fail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

type Schema = Mapping[str, Any]

_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
#: Nobody refuses such a message, and what its field said is lost all the same.
_FORGOTTEN: Final = "was removed, and had a default"


@dataclass(frozen=True, slots=True)
class Forms:
    """A message as it is written, and as it is read: what has a default need not be there.

    Attributes:
        writes: The schema of what is written.
        reads: The schema of what is taken.
    """

    writes: Schema
    reads: Schema


def breaks(old: Forms, new: Forms) -> list[str]:
    """What the change from `old` to `new` breaks; empty when both directions survive.

    Args:
        old: A released message.
        new: The same message and version now.
    """
    found = set()
    for where, what in _narrower(old.writes, new.reads, _Roots(old.writes, new.reads), ""):
        found.add(f"{where}: {what}; the new reader refuses old messages")
    roots = _Roots(new.writes, old.reads)
    for where, what in _narrower(new.writes, old.reads, roots, "", reverse=True):
        harm = "take the default" if what == _FORGOTTEN else "refuse new messages"
        found.add(f"{where}: {what}; old readers {harm}")
    return sorted(found)


class _Roots:
    """Where the references of writer and reader lead."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        self.writer, self.reader = writer, reader


def _resolve(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        schema = root["$defs"][name]
    return schema


def _narrower(
    writer: Schema, reader: Schema, roots: _Roots, where: str, *, reverse: bool = False
) -> Iterator[tuple[str, str]]:
    """Where a reader takes less than a writer may write. `reverse`: the reader is the older."""
    writer, reader = _resolve(writer, roots.writer), _resolve(reader, roots.reader)
    place = where or "payload"
    if "anyOf" in writer or "anyOf" in reader:
        yield from _alternatives(writer, reader, roots, where, reverse=reverse)
        return
    if writer.get("type") != reader.get("type") and "type" in reader:
        change = (reader.get("type"), writer.get("type"))
        was, now = change if reverse else change[::-1]
        yield place, f"type {was} became {now}"
        return
    yield from _values(writer, reader, place, reverse=reverse)
    if reader.get("type") == "object":
        yield from _fields(writer, reader, roots, where, reverse=reverse)
    elif reader.get("type") == "array":
        for kind in ("items", "additionalItems"):
            if isinstance(writer.get(kind), Mapping) and isinstance(reader.get(kind), Mapping):
                yield from _narrower(
                    writer[kind], reader[kind], roots, f"{where}[]", reverse=reverse
                )


def _alternatives(
    writer: Schema, reader: Schema, roots: _Roots, where: str, *, reverse: bool
) -> Iterator[tuple[str, str]]:
    """Each alternative that a writer has must be one that the reader takes."""
    takes = reader.get("anyOf", [reader])
    for wanted in writer.get("anyOf", [writer]):
        faults = [list(_narrower(wanted, one, roots, where, reverse=reverse)) for one in takes]
        if all(faults):
            same = [
                f
                for f, one in zip(faults, takes, strict=True)
                if _kind(one, roots.reader) == _kind(wanted, roots.writer)
            ]
            kind = _kind(wanted, roots.writer)
            verb = "may be" if reverse else "may no longer be"
            yield from same[0] if same else [(where or "payload", f"{verb} {kind}")]


def _kind(schema: Schema, root: Schema) -> str:
    return str(_resolve(schema, root).get("type", "anything"))


def _values(
    writer: Schema, reader: Schema, place: str, *, reverse: bool
) -> Iterator[tuple[str, str]]:
    takes = reader.get("enum", [reader["const"]] if "const" in reader else None)
    writes = writer.get("enum", [writer["const"]] if "const" in writer else None)
    if takes is not None:
        beyond = "anything" if writes is None else [v for v in writes if v not in takes]
        if beyond:
            yield place, f"enum {'gained' if reverse else 'lost'} {beyond}"
    for name in ("pattern", "format"):
        if name in reader and reader[name] != writer.get(name):
            yield place, f"{name} changed"
    for name in (*_LOWER, *_UPPER):
        if name not in reader:
            continue
        limit, given = reader[name], writer.get(name)
        if given is None or (given < limit if name in _LOWER else given > limit):
            yield place, f"{name} {'fell' if reverse else 'rose'}: {given} and {limit}"


def _fields(
    writer: Schema, reader: Schema, roots: _Roots, where: str, *, reverse: bool
) -> Iterator[tuple[str, str]]:
    writes, takes = writer.get("properties", {}), reader.get("properties", {})
    always = set(writer.get("required", ()))
    for name in reader.get("required", ()):
        if name not in always:
            how = "was removed" if reverse and name not in writes else "is required"
            how = "is no longer always written" if reverse and name in writes else how
            yield _dotted(where, name), how
    if reverse:
        for name in takes.keys() - writes.keys() - set(reader.get("required", ())):
            yield _dotted(where, name), _FORGOTTEN
    for name, schema in writes.items():
        if name in takes:
            yield from _narrower(schema, takes[name], roots, _dotted(where, name), reverse=reverse)
        elif reader.get("additionalProperties") is False:
            yield _dotted(where, name), "is new" if reverse else "was removed"


def _dotted(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name

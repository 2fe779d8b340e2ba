"""Just enough of two wire protocols to know what a chunk of bytes asks for. Pure."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

#: What ends in a chunk: a transaction's COMMIT, or a statement that writes and commits by itself.
type Ask = Literal["commit", "call"]

_STARTUP: Final = 196_608
_HEAD: Final = 5
#: How much is read of a body, by the type of its message: a statement whole, else who is meant.
_READ: Final = {b"Q": 16, b"P": 16_384, b"B": 128}
#: Statements that write, and functions of our own that do.
_WRITES: Final = re.compile(
    rb"\s*(INSERT|UPDATE|DELETE|WITH\b.*\b(INSERT INTO|UPDATE|DELETE FROM)\b"
    rb"|SELECT (?!pg_)[a-z_]+\((\$1|\)))",
    re.DOTALL,
)
_KAFKA_HEAD: Final = 12
PRODUCE: Final = 0
OFFSET_COMMIT: Final = 8


@dataclass(slots=True)
class PostgresFrontend:
    """Reads what a client says to Postgres; tells when something of it is committed."""

    _rest: bytearray = field(default_factory=bytearray)
    _skip: int = 0
    _started: bool = False
    #: Whether a transaction is open, and whether what was said since the last Sync writes.
    _within: bool = False
    _writes: bool = False
    #: Names of prepared statements that write.
    _writing: set[bytes] = field(default_factory=set)

    def asks(self, data: bytes) -> set[Ask]:
        """What the server commits when it has read this chunk."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return set()
        self._rest += data[self._skip :]
        self._skip = 0
        found: set[Ask] = set()
        while (message := self._next()) is not None:
            if ask := self._read(*message):
                found.add(ask)
        return found

    def _read(self, kind: bytes, body: bytes) -> Ask | None:
        """One message: a query, a Parse, a Bind, or the Sync that ends an exchange."""
        match kind:
            case b"Q" if body.startswith(b"COMMIT"):
                self._within = False
                return "commit"
            case b"Q" if body.startswith(b"BEGIN"):
                self._within = True
            case b"Q" if body.startswith(b"ROLLBACK") and not body.startswith(b"ROLLBACK TO"):
                self._within = False
            case b"P":
                name, _, statement = body.partition(b"\0")
                (self._writing.add if _WRITES.match(statement) else self._writing.discard)(name)
            case b"B":
                name = body.partition(b"\0")[2].partition(b"\0")[0]
                self._writes = self._writes or name in self._writing
            case b"S":
                wrote, self._writes = self._writes, False
                return "call" if wrote and not self._within else None
        return None

    def _next(self) -> tuple[bytes, bytes] | None:
        """Type and beginning of the next message; the rest of its body is passed over."""
        if not self._started:
            return self._start()
        if len(self._rest) < _HEAD:
            return None
        whole = int.from_bytes(self._rest[1:_HEAD]) + 1
        kind = bytes(self._rest[0:1])
        end = min(whole, _HEAD + _READ.get(kind, 0))
        if len(self._rest) < end:
            return None
        return self._take(whole, kind, bytes(self._rest[_HEAD:end]))

    def _start(self) -> tuple[bytes, bytes] | None:
        """What comes before a session has no type: a wish for encryption, then the start-up."""
        whole = int.from_bytes(self._rest[:4])
        if len(self._rest) < max(whole, 8):
            return None
        self._started = int.from_bytes(self._rest[4:8]) == _STARTUP
        return self._take(whole, b"", b"")

    def _take(self, whole: int, kind: bytes, body: bytes) -> tuple[bytes, bytes]:
        self._skip = max(0, whole - len(self._rest))
        del self._rest[:whole]
        return kind, body


@dataclass(slots=True)
class KafkaFrames:
    """Reads the heads of size-delimited frames, of requests or of answers."""

    _rest: bytearray = field(default_factory=bytearray)
    _skip: int = 0

    def heads(self, data: bytes) -> list[bytes]:
        """The first eight bytes after the size of each frame that begins in this chunk."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return []
        self._rest += data[self._skip :]
        self._skip = 0
        found = []
        while len(self._rest) >= _KAFKA_HEAD:
            whole = int.from_bytes(self._rest[:4]) + 4
            found.append(bytes(self._rest[4:_KAFKA_HEAD]))
            self._skip = max(0, whole - len(self._rest))
            del self._rest[:whole]
        return found


def request_of(head: bytes) -> tuple[int, int]:
    """API key and correlation id of a Kafka request."""
    return int.from_bytes(head[:2]), int.from_bytes(head[4:8])


def answer_to(head: bytes) -> int:
    """The correlation id of a Kafka answer."""
    return int.from_bytes(head[:4])

"""Just enough of two wire protocols to know what a chunk of bytes asks for. Pure."""

from dataclasses import dataclass, field
from typing import Final

_STARTUP: Final = 196_608
_HEAD: Final = 5
_KAFKA_HEAD: Final = 12
PRODUCE: Final = 0
OFFSET_COMMIT: Final = 8


@dataclass(slots=True)
class PostgresFrontend:
    """Reads what a client says to Postgres; tells when it commits."""

    _rest: bytearray = field(default_factory=bytearray)
    _skip: int = 0
    _started: bool = False

    def commits(self, data: bytes) -> bool:
        """Whether a COMMIT ends in this chunk."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return False
        self._rest += data[self._skip :]
        self._skip = 0
        found = False
        while (message := self._next()) is not None:
            found = found or message.startswith(b"COMMIT")
        return found

    def _next(self) -> bytes | None:
        """The beginning of the next message's body; the rest of it is passed over."""
        if not self._started:
            return self._start()
        if len(self._rest) < _HEAD:
            return None
        whole = int.from_bytes(self._rest[1:_HEAD]) + 1
        query = self._rest[0:1] == b"Q"
        if query and len(self._rest) < min(whole, _HEAD + len(b"COMMIT")):
            return None
        return self._take(whole, bytes(self._rest[_HEAD : _HEAD + 6]) if query else b"")

    def _start(self) -> bytes | None:
        """What comes before a session has no type: a wish for encryption, then the start-up."""
        whole = int.from_bytes(self._rest[:4])
        if len(self._rest) < max(whole, 8):
            return None
        self._started = int.from_bytes(self._rest[4:8]) == _STARTUP
        return self._take(whole, b"")

    def _take(self, whole: int, body: bytes) -> bytes:
        self._skip = max(0, whole - len(self._rest))
        del self._rest[:whole]
        return body


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

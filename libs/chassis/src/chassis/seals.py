"""Seals of messages: whoever can reach the broker still cannot speak as a service.

A seal is a keyed hash (BLAKE2b, 32 bytes) over the topic, the headers and the payload, made as the
message leaves, with a key of the service that the topic belongs to. Services share these keys, and
nobody else has them: a seal keeps strangers out, not one service from another's voice.
"""

import hmac
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import Final, Self

import orjson
from pydantic import TypeAdapter

from contracts.cloudevents import Undecodable
from contracts.topics import SOURCES

HEADER: Final = "ce_seal"
KEY_BYTES: Final = 32
_FILE: Final = TypeAdapter(dict[str, tuple[str, ...]])


class Seals:
    """The keys by source, such as `/ledger`; the first one seals, each of them is accepted."""

    def __init__(self, keys: Mapping[str, Sequence[bytes]]) -> None:
        """Use these keys; without any, nothing is sealed and no seal is asked for."""
        self._keys = keys
        # A hash that has taken its key is copied for each message: half the work of a new one.
        self._begun = {
            topic: tuple(blake2b(key=key, digest_size=32) for key in keys.get(source, ()))
            for topic, source in SOURCES.items()
        }

    @classmethod
    def read(cls, file: Path | None) -> Self:
        """The keys in a file, as `render_keys` writes it; without a file there are none.

        Raises:
            ValueError: It is not of that form, or a source or its key is missing.
        """
        if file is None:
            return cls({})
        written = _FILE.validate_json(file.read_bytes())
        keys = {source: tuple(map(bytes.fromhex, texts)) for source, texts in written.items()}
        for source in set(SOURCES.values()):
            if not keys.get(source) or any(len(key) != KEY_BYTES for key in keys[source]):
                raise ValueError(f"{file}: {source} needs keys of {KEY_BYTES} bytes")
        return cls(keys)

    def seal(self, topic: str, headers: Mapping[str, str], payload: bytes) -> dict[str, str]:
        """The headers with the seal of the service that writes to the topic."""
        begun = self._begun.get(topic)
        if not begun:
            return dict(headers)
        return {**headers, HEADER: _end(begun[0], _tell(topic, headers), payload)}

    def check(self, topic: str, headers: Mapping[str, str], payload: bytes | None) -> None:
        """Check a message against its seal.

        Raises:
            Undecodable: It has none, or it is another's.
        """
        if not self._keys:
            return
        bare = dict(headers)
        found = bare.pop(HEADER, "").encode()
        told = _tell(topic, bare)
        for begun in self._begun.get(topic, ()):
            if hmac.compare_digest(found, _end(begun, told, payload or b"").encode()):
                return
        raise Undecodable("the seal is not that of the service that writes to the topic")


#: Of development and tests: there is nobody to keep out.
UNSEALED: Final = Seals({})


def render_keys() -> bytes:
    """New keys for every service, as a file."""
    sources = sorted(set(SOURCES.values()))
    return orjson.dumps({source: [token_hex(KEY_BYTES)] for source in sources})


def _tell(topic: str, headers: Mapping[str, str]) -> bytes:
    return orjson.dumps([topic, headers], option=orjson.OPT_SORT_KEYS)


def _end(begun: blake2b, told: bytes, payload: bytes) -> str:
    """The seal, from a hash that has taken its key."""
    hashed = begun.copy()
    hashed.update(told)
    # JSON ends where its bracket closes: what follows is the payload and nothing else.
    hashed.update(payload)
    return hashed.hexdigest()

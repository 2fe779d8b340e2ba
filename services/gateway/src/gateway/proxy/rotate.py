"""Change the key of internal tokens, file by file; gateway and services see it by themselves."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from chassis.tokens import new_signing_key, public_jwks, read_public_keys, read_signing_key

#: The gateway changes within seconds, and what the old key has signed lives for a minute.
RETIRE_SECONDS: Final = 120

#: Puts a whole file in place, with its mode.
type Write = Callable[[Path, str, int], None]


def rotate_key(private: Path, public: Path, write: Write) -> str:
    """Publish a new key, then offer it to the gateway, which signs with it some seconds later.

    Args:
        private: The gateway's file.
        public: The services' file, in which the keys before stay.
        write: How to write; a crash in between leaves a key that signs nothing.

    Returns:
        The new key's name.

    Raises:
        OSError: A file can't be read or written.
        ValueError: A file holds no keys.
    """
    read_signing_key(private)
    new = new_signing_key()
    write(public, _public([new, *_published(public)]), 0o644)
    write(private, json.dumps(new.as_dict(private=True)) + "\n", 0o600)
    return new.thumbprint()


def retire_keys(private: Path, public: Path, write: Write, *, at_once: bool = False) -> int:
    """Take all keys but the gateway's out of the services' file.

    Args:
        private: The gateway's file.
        public: The services' file.
        write: How to write.
        at_once: Do not wait until what the old keys have signed is over: they were stolen.

    Returns:
        How many are gone.

    Raises:
        OSError: A file can't be read or written.
        ValueError: It is too soon, or a file holds no keys.
    """
    age = time.time() - private.stat().st_mtime
    if age < RETIRE_SECONDS and not at_once:
        raise ValueError(f"what the old key has signed may live for {RETIRE_SECONDS - age:.0f} s")
    current, published = read_signing_key(private), _published(public)
    write(public, _public([current]), 0o644)
    return sum(one.thumbprint() != current.thumbprint() for one in published)


def publish_key(private: Path, public: Path, write: Write) -> None:
    """Have the gateway's key among the services', whatever else is there; once it is, do nothing.

    Raises:
        OSError: A file can't be read or written.
        ValueError: A file holds no keys.
    """
    current = read_signing_key(private)
    published = _published(public) if public.exists() else []
    if current.thumbprint() not in [one.thumbprint() for one in published]:
        write(public, _public([current, *published]), 0o644)


def _published(public: Path) -> list[OKPKey]:
    return [one for one in read_public_keys(public).keys if isinstance(one, OKPKey)]


def _public(keys: Sequence[OKPKey]) -> str:
    return json.dumps(public_jwks(keys)) + "\n"

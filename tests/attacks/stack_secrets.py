"""Every secret that a stack was given at its first start."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from embedded.places import Places

#: Shorter texts are names, or stand in other words by chance.
_LONG: Final = 16


def secrets_of(places: Places) -> dict[str, str]:
    """Each secret by where it is kept: passwords of servers and people, private keys."""
    found = _leaves("password", _read(places.secrets_file))
    # A name, as that of a user is.
    del found["password s3_access_key"]
    found["internal tokens"] = _read(places.signing_key_file)["d"]
    found |= _leaves("messages", _read(places.message_keys_file))
    vault = _read(places.vault_keys_file)
    found |= _leaves("vault", {"fingerprint": vault["fingerprint"], **vault["keys"]})
    found["apps for codes"] = places.totp_key_file.read_text(encoding="utf-8").strip()
    for file in (places.checkpoint_key_file, places.audit_key_file):
        # PRIVATE+KEY+name+id+key, in base64, which may have a plus sign, too.
        found[file.name] = file.read_text(encoding="utf-8").strip().split("+", 4)[4]
    members = _read(places.members_file) if places.members_file.exists() else []
    return found | _leaves("member", members, only="password")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _leaves(name: str, document: Any, *, only: str = "") -> dict[str, str]:
    return dict(_walk(name, document, only))


def _walk(name: str, document: Any, only: str) -> Iterator[tuple[str, str]]:
    if isinstance(document, str):
        if len(document) >= _LONG and (not only or name.endswith(only)):
            yield name, document
    elif isinstance(document, dict | list):
        inner = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in inner:
            yield from _walk(f"{name} {key}", value, only)

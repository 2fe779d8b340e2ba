"""Sign a request to object storage that somebody else will send. Pure.

The store's library signs method and path only. Signed here are length and type as well, so that
the storage itself refuses other bytes than those that were announced (AWS signature, version 4, in
the query).
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs, and for which region."""

    access_key: str
    secret_key: str
    region: str


def presign_put(
    url: str, headers: dict[str, str], keys: Keys, *, now: datetime, ttl_seconds: int
) -> str:
    """The address to which one object of an exact length and type may be put for a while.

    Args:
        url: Of the object, as whoever sends will reach it.
        headers: What must be sent with it, names in lower case; `host` is added.
        keys: Who signs.
        now: The machine's time, which the storage compares with its own.
        ttl_seconds: How long it holds.
    """
    parts = urlsplit(url)
    signed = dict(sorted({**headers, "host": parts.netloc}.items()))
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{day}/{keys.region}/s3/aws4_request"
    asked = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(ttl_seconds),
        "X-Amz-SignedHeaders": ";".join(signed),
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(asked.items()))
    canonical = "\n".join(
        [
            "PUT",
            quote(parts.path, safe="/"),
            query,
            *(f"{name}:{value}" for name, value in signed.items()),
            "",
            ";".join(signed),
            "UNSIGNED-PAYLOAD",
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{keys.secret_key}".encode()
    for part in (day, keys.region, "s3", "aws4_request"):
        key = _hmac(key, part)
    signature = _hmac(key, f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}").hex()
    return f"{url}?{query}&X-Amz-Signature={signature}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")

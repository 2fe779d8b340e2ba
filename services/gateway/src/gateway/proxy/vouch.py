"""Vouch for a caller towards a service."""

import time
from typing import Final
from uuid import UUID

from chassis.tokens import mint
from gateway.proxy.signing import Signer
from gateway.sessions.models import Session

#: Half of a token's life: what is kept is always good for the other half.
KEEP_SECONDS: Final = 30.0
_KEPT_MAX: Final = 20_000


class Voucher:
    """Signs internal tokens, and uses each for half a minute."""

    def __init__(self, signer: Signer) -> None:
        """Sign with the key of `signer`."""
        self._signer = signer
        self._key = signer.key()
        self._kept: dict[tuple[UUID, str], tuple[str, float]] = {}

    def token(self, session: Session, service: str) -> str:
        """A token that says who is calling, for one service."""
        now = time.monotonic()
        if (key := self._signer.key()) is not self._key:
            # The old key may be believed no more.
            self._key = key
            self._kept.clear()
        name = (session.id, service)
        kept = self._kept.get(name)
        if kept is not None and kept[1] > now:
            return kept[0]
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        token = mint(key, session.caller(), service)
        self._kept[name] = (token, now + KEEP_SECONDS)
        return token

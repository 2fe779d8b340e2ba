"""The key that internal tokens are signed with: a file that changes while everything serves.

A new key signs once services can know it: when it has been in the file of public keys, which they
read too, for some seconds. Until then, and while a file is broken, the old key goes on.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from joserfc.jwk import KeySet, OKPKey

from chassis.logs import get_logger
from chassis.tokens import public_jwks, read_public_keys, read_signing_key, stamp_of

log = get_logger(__name__)

LOOK_SECONDS: Final = 1.0
#: Services look at the public keys each second; what brings them the file may need some more.
KNOWN_SECONDS: Final = 5.0


class Signer:
    """The private key of one file, as far as services know its public half."""

    def __init__(
        self, private: Path, public: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with the key that is there.

        Args:
            private: The key to sign with, a JWK.
            public: The keys that services believe, a JWK set.
            clock: Tells seconds.

        Raises:
            OSError: The private key can't be read.
            ValueError: It is none.
        """
        self._private, self._public, self._clock = private, public, clock
        self._private_stamp = stamp_of(private)
        self._public_stamp: tuple[int, int, int] | None = None
        self._key = self._offered = read_signing_key(private)
        self._believed = KeySet([])
        #: Since when each key has been published, by its thumbprint.
        self._published: dict[str, float] = {}
        self._look_at = 0.0
        self._look()

    def key(self) -> OKPKey:
        """The key to sign with now; each second the files are looked at."""
        if self._clock() >= self._look_at:
            self._look()
        return self._key

    def published(self) -> dict[str, object]:
        """The public keys by which our signatures can be checked, as a JWK set."""
        key = self.key()
        believed = [one for one in self._believed.keys if isinstance(one, OKPKey)]
        if key.thumbprint() not in self._published:
            believed.append(key)
        return public_jwks(believed)

    def _look(self) -> None:
        now = self._clock()
        self._look_at = now + LOOK_SECONDS
        try:
            if (stamp := stamp_of(self._public)) != self._public_stamp:
                self._public_stamp = stamp
                self._believed = read_public_keys(self._public)
                names = [one.thumbprint() for one in self._believed.keys]
                self._published = {name: self._published.get(name, now) for name in names}
            if (stamp := stamp_of(self._private)) != self._private_stamp:
                self._private_stamp = stamp
                self._offered = read_signing_key(self._private)
                if self._offered.thumbprint() not in self._published:
                    log.warning("signing.not_published", key=self._offered.thumbprint())
        except (OSError, ValueError) as error:
            log.error("signing.unreadable", error=str(error))  # noqa: TRY400 - no defect
        if self._may_change(now):
            self._key = self._offered
            log.info("signing.changed", key=self._key.thumbprint())

    def _may_change(self, now: float) -> bool:
        old, new = self._key.thumbprint(), self._offered.thumbprint()
        if old == new or new not in self._published:
            return False
        # Where the old one is believed no more, waiting would have every request refused.
        return old not in self._published or now - self._published[new] >= KNOWN_SECONDS

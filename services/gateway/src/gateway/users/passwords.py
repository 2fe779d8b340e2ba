"""Passwords: slow hashes, a few at a time, off the event loop."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import bcrypt
from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import hash_secret_raw

from chassis.problems import Transient

MEMORY_KIB: Final = 19_456
ROUNDS: Final = 2
THREADS: Final = 2
#: Argon2id hashes at 21 ms each on two threads: the last waits well under two seconds.
WAITING_MAX: Final = 128
_BCRYPT_BYTES_MAX: Final = 72
#: A bcrypt hash of cost 12 takes as long as so many of them.
_BCRYPT_AS_LONG_AS: Final = 10
_NO_SALT: Final = "." * 22


class Passwords:
    """Hashes and checks passwords in a bounded thread pool."""

    def __init__(self) -> None:
        """Start with no thread; they come with the work."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1)
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._waiting = 0

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """An Argon2id hash to store.

        Raises:
            Transient: Too many are waiting.
        """
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, stored: str | None, bcrypt_cost: int = 0) -> bool:
        """Whether the password is right.

        Each answer takes the same work: whosever hash it is, of either kind, nobody's, and however
        long the password is. While anybody has a bcrypt hash, everybody takes as long as that one.

        Args:
            password: As typed.
            stored: The hash, if there is one.
            bcrypt_cost: Of the slowest bcrypt hash that anybody has; 0 when nobody has one.

        Raises:
            Transient: Too many are waiting.
        """
        old = stored if stored and stored.startswith("$2") else None
        cost = max(bcrypt_cost, _cost_of(old) if old else 0)
        size = 1 + (_BCRYPT_AS_LONG_AS * 2**cost >> 12)

        def both() -> bool:
            new_right = self._matches(password, self._nobody if old or not stored else stored)
            old_right = bool(cost) and _matches_bcrypt(password, old, cost)
            return old_right if old else new_right and stored is not None

        return await self._run(both, size)

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash is of an older kind than what is made today."""
        return stored.startswith("$2") or self._hasher.check_needs_rehash(stored)

    async def fingerprint(self, password: str, salt: str) -> str:
        """The same slow hash each time, to compare a repeated request with the first.

        Raises:
            Transient: Too many are waiting.
        """
        digest = hashlib.sha256(salt.encode()).digest()
        return await self._run(
            lambda: hash_secret_raw(
                password.encode(), digest, ROUNDS, MEMORY_KIB, 1, 32, Type.ID
            ).hex()
        )

    def _matches(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

    async def _run[T](self, work: Callable[[], T], size: int = 1) -> T:
        """Do what takes as long as `size` Argon2id hashes."""
        if self._waiting >= WAITING_MAX:
            raise Transient("too many people are logging in at this moment", retry_after_seconds=2)
        self._waiting += size
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= size


def _cost_of(stored: str) -> int:
    return int(stored.split("$")[2])


def _matches_bcrypt(password: str, stored: str | None, cost: int) -> bool:
    """Compare, in the time of a hash of this cost, which is at least that of the stored one."""
    typed = password.encode()
    # Bcrypt would look at the first 72 bytes only: a longer password never was one.
    secret = typed[:_BCRYPT_BYTES_MAX]
    salt = stored or f"$2b${cost:02}${_NO_SALT}"
    found = bcrypt.hashpw(secret, salt.encode())
    # Each cost takes twice as long as the one below: its own again, and so on, makes up the whole.
    for more in range(_cost_of(salt), cost):
        bcrypt.hashpw(secret, f"$2b${more:02}${_NO_SALT}".encode())
    right = secrets.compare_digest(found, stored.encode()) if stored else False
    return right and len(typed) <= _BCRYPT_BYTES_MAX

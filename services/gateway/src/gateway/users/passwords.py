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
#: At 21 ms each on two threads, the last of these waits well under two seconds.
WAITING_MAX: Final = 128
_BCRYPT_BYTES_MAX: Final = 72


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

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is right. Nobody's password takes as long as somebody's.

        Raises:
            Transient: Too many are waiting.
        """
        right = await self._run(lambda: self._matches(password, stored or self._nobody))
        return right and stored is not None

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
        if stored.startswith("$2"):
            secret = password.encode()
            # Bcrypt would look at the first 72 bytes only: such a password never was one.
            return len(secret) <= _BCRYPT_BYTES_MAX and bcrypt.checkpw(secret, stored.encode())
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

    async def _run[T](self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise Transient("too many people are logging in at this moment", retry_after_seconds=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

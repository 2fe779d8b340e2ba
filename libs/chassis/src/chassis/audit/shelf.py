"""Old months of an audit log in object storage: written once, never replaced."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Self

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from chassis.copies import CopiesAway
from chassis.tls import storage_options

TIMEOUT: Final = timedelta(seconds=60)
#: A month is in memory while it is copied or examined.
MONTH_MAX_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Storage:
    """Where a bucket is."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    ca_file: Path | None = None


class Shelf:
    """The folder of one service's log in the bucket."""

    def __init__(self, store: S3Store, service: str) -> None:
        """Keep months of `service` in `store`."""
        self._store = store
        self._folder = f"audit/{service}"

    @classmethod
    def at(cls, storage: Storage, service: str) -> Self:
        """The folder, in a bucket that is known by its address."""
        store = S3Store(
            storage.bucket,
            endpoint=storage.endpoint.rstrip("/"),
            access_key_id=storage.access_key,
            secret_access_key=storage.secret_key,
            region=storage.region,
            virtual_hosted_style_request=False,
            client_options=storage_options(storage.ca_file, TIMEOUT),
            retry_config={"max_retries": 0},
        )
        return cls(store, service)

    def path(self, month: date, digest: bytes) -> str:
        """Where a month lies. Its name has what it reads like: another one is another object."""
        return f"{self._folder}/{month:%Y-%m}-{digest.hex()[:16]}.jsonl.gz"

    async def put(self, path: str, content: bytes) -> None:
        """Write a month where there is none; the same again is fine.

        Raises:
            CopiesAway: No answer.
        """
        try:
            await self._store.put_async(path, content, mode="create")
        except AlreadyExistsError:
            return
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def get(self, path: str) -> bytes | None:
        """A month as it lies there; nothing when it does not.

        Raises:
            CopiesAway: No answer.
        """
        try:
            answer = await self._store.get_async(path, options={"range": (0, MONTH_MAX_BYTES)})
            return bytes(await answer.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _away(error) from error


def _away(error: Exception) -> CopiesAway:
    return CopiesAway(str(error).partition("\n")[0][:200])

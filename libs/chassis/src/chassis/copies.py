"""Checkpoints in object storage: kept apart from the database, written once, never replaced."""

from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from chassis.notes import NOTE_MAX_BYTES
from chassis.settings import ServiceSettings
from chassis.tls import storage_options

TIMEOUT: Final = timedelta(seconds=3)


class CopiesAway(Exception):
    """Object storage gave no answer."""


class Copies:
    """A log's folder in the bucket. An object's name is the size, in 20 digits."""

    def __init__(self, store: S3Store, origin: str) -> None:
        """Keep the checkpoints of the log `origin` in `store`."""
        self._store = store
        self._folder = f"checkpoints/{origin}"

    @classmethod
    def open(cls, settings: ServiceSettings, origin: str) -> Self | None:
        """The folder, where object storage is configured."""
        if not settings.s3_endpoint or not settings.s3_bucket:
            return None
        secret = settings.s3_secret_key.get_secret_value()
        return cls.at(
            settings.s3_endpoint,
            settings.s3_bucket,
            settings.s3_access_key,
            secret,
            origin,
            region=settings.s3_region,
            ca_file=settings.ca_file,
        )

    @classmethod
    def at(
        cls,
        endpoint: str,
        bucket: str,
        access_key: str,
        secret_key: str,
        origin: str,
        *,
        region: str = "us-east-1",
        ca_file: Path | None = None,
    ) -> Self:
        """The folder, in a bucket that is known by its address."""
        store = S3Store(
            bucket,
            endpoint=endpoint,
            access_key_id=access_key,
            secret_access_key=secret_key,
            region=region,
            virtual_hosted_style_request=False,
            client_options=storage_options(ca_file, TIMEOUT),
            retry_config={"max_retries": 0},
        )
        return cls(store, origin)

    async def put(self, size: int, note: str) -> str:
        """Write a checkpoint where there is none; gives what is there now.

        Raises:
            CopiesAway: No answer.
        """
        path = self._path(size)
        try:
            try:
                await self._store.put_async(path, note.encode(), mode="create")
            except AlreadyExistsError:
                return await self._read(path)
        except (BaseError, OSError) as error:
            raise CopiesAway(_first_line(error)) from error
        return note

    async def newest_after(self, size: int) -> str | None:
        """The checkpoint of the largest size above `size`, if there is one.

        Raises:
            CopiesAway: No answer.
        """
        newest = ""
        try:
            listing = self._store.list(prefix=f"{self._folder}/", offset=self._path(size))
            async for page in listing:
                newest = max(newest, *(str(item["path"]) for item in page))
            return await self._read(newest) if newest else None
        except (BaseError, OSError) as error:
            raise CopiesAway(_first_line(error)) from error

    async def _read(self, path: str) -> str:
        answer = await self._store.get_async(path, options={"range": (0, NOTE_MAX_BYTES)})
        return bytes(await answer.bytes_async()).decode()

    def _path(self, size: int) -> str:
        return f"{self._folder}/{size:020d}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]

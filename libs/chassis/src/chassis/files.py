"""Files that were made for somebody: in object storage, fetched by links that end soon."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from chassis.problems import Transient
from chassis.settings import ServiceSettings
from chassis.tls import storage_options

TIMEOUT: Final = timedelta(seconds=30)
#: Parts of a long file; what is in memory of it at a time.
PART_BYTES: Final = 5 * 1024 * 1024
LINK_TTL: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file, as a listing tells of it; `changed_at` is by the storage's clock."""

    path: str
    changed_at: datetime


class Files:
    """A service's folder of files in the bucket."""

    def __init__(self, store: S3Store, public: S3Store, folder: str) -> None:
        """Write to `store`; links are signed for `public`, where clients reach the same."""
        self._store = store
        self._public = public
        self._folder = folder

    @classmethod
    def open(cls, settings: ServiceSettings) -> Self | None:
        """The folder, where object storage is configured."""
        if not settings.s3_endpoint or not settings.s3_bucket:
            return None
        public = settings.s3_public_endpoint or settings.s3_endpoint
        stores = [_open(settings, endpoint) for endpoint in (settings.s3_endpoint, public)]
        return cls(stores[0], stores[1], f"files/{settings.service}")

    def path(self, name: str) -> str:
        """Where a file of this name lies."""
        return f"{self._folder}/{name}"

    async def write(
        self, path: str, parts: AsyncIterator[bytes], *, media_type: str, file_name: str
    ) -> None:
        """Write a file, part by part; one of the same name is replaced when it is whole.

        Raises:
            Transient: No answer.
        """
        attributes = {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{file_name}"',
            "Cache-Control": "private, no-store",
        }
        try:
            await self._store.put_async(
                path,
                parts,
                attributes=dict(attributes),
                use_multipart=True,
                chunk_size=PART_BYTES,
                max_concurrency=1,
            )
        except (BaseError, OSError) as error:
            raise Transient("object storage is away", retry_after_seconds=10) from error

    async def link(self, path: str) -> str:
        """An address at which whoever has it can read the file, for some minutes."""
        return await obstore.sign_async(self._public, "GET", path, LINK_TTL)

    async def page(self, after: str, limit: int) -> list[Stored]:
        """Up to `limit` files behind a path, in order of path.

        Raises:
            Transient: No answer.
        """
        found: list[Stored] = []
        try:
            listing = self._store.list(
                prefix=f"{self._folder}/", offset=after or None, chunk_size=limit
            )
            async for chunk in listing:
                found += [Stored(str(one["path"]), one["last_modified"]) for one in chunk]
                if len(found) >= limit:
                    break
        except (BaseError, OSError) as error:
            raise Transient("object storage is away", retry_after_seconds=10) from error
        return sorted(found, key=lambda one: one.path)[:limit]

    async def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine.

        Raises:
            Transient: No answer.
        """
        try:
            await self._store.delete_async(path)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise Transient("object storage is away", retry_after_seconds=10) from error


def _open(settings: ServiceSettings, endpoint: str) -> S3Store:
    return S3Store(
        settings.s3_bucket,
        endpoint=endpoint.rstrip("/"),
        access_key_id=settings.s3_access_key,
        secret_access_key=settings.s3_secret_key.get_secret_value(),
        region=settings.s3_region,
        virtual_hosted_style_request=False,
        client_options=storage_options(settings.ca_file, TIMEOUT),
        retry_config={"max_retries": 0},
    )

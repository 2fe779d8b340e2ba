"""The bucket: what is kept of images outside the database, bounded in time and size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from obstore.exceptions import BaseError
from obstore.store import S3Store

from chassis.logs import get_logger
from chassis.tls import storage_options
from marketplace.images.errors import ImagesOff, StorageAway
from marketplace.images.presign import Keys, presign_put
from marketplace.settings import MarketplaceSettings

log = get_logger(__name__)

TIMEOUT: Final = timedelta(seconds=4)
IMMUTABLE: Final = "public, max-age=31536000, immutable"
#: What the storage tells whoever reads a rendition there, such as a CDN.
RENDITION: Final = {"Content-Type": "image/webp", "Cache-Control": IMMUTABLE}
#: What nobody reads but us.
QUARANTINE: Final = {"Content-Type": "application/octet-stream", "Cache-Control": "no-store"}
#: An object is read whole, up to this size.
_READ_MAX_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, as a listing tells of it."""

    path: str
    changed_at: datetime


class Bucket:
    """Object storage as this slice uses it."""

    def __init__(self, store: S3Store, public_url: str, keys: Keys) -> None:
        """Keep objects in `store`, which clients reach at `public_url`."""
        self._store = store
        self._public_url = public_url
        self._keys = keys

    @classmethod
    def open(cls, settings: MarketplaceSettings) -> Self | None:
        """The bucket, where object storage is configured."""
        if not settings.s3_endpoint or not settings.s3_bucket:
            return None
        secret = settings.s3_secret_key.get_secret_value()
        store = S3Store(
            settings.s3_bucket,
            endpoint=settings.s3_endpoint,
            access_key_id=settings.s3_access_key,
            secret_access_key=secret,
            region=settings.s3_region,
            virtual_hosted_style_request=False,
            client_options=storage_options(settings.ca_file, TIMEOUT),
            retry_config={"max_retries": 0},
        )
        public = (settings.s3_public_endpoint or settings.s3_endpoint).rstrip("/")
        keys = Keys(settings.s3_access_key, secret, settings.s3_region)
        return cls(store, f"{public}/{settings.s3_bucket}", keys)

    async def put(self, path: str, data: bytes, attributes: Mapping[str, str]) -> None:
        """Write an object; the same one again is fine.

        Raises:
            StorageAway: No answer.
        """
        try:
            await self._store.put_async(
                path, data, attributes=dict(attributes), use_multipart=False
            )
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def get(self, path: str) -> bytes | None:
        """A whole object; nothing when there is none, or it is larger than any of ours.

        Raises:
            StorageAway: No answer.
        """
        try:
            answer = await self._store.get_async(path)
            if answer.meta["size"] > _READ_MAX_BYTES:
                return None
            return bytes(await answer.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def has(self, path: str) -> bool:
        """Whether there is such an object.

        Raises:
            StorageAway: No answer.
        """
        try:
            await self._store.head_async(path)
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise _away(error) from error
        return True

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove objects; those that are not there are fine.

        Raises:
            StorageAway: No answer.
        """
        try:
            if paths:
                await self._store.delete_async(list(paths))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def page(self, prefix: str, after: str, limit: int) -> list[Stored]:
        """Up to `limit` objects of a prefix behind a path, in order of path.

        Raises:
            StorageAway: No answer.
        """
        found: list[Stored] = []
        try:
            listing = self._store.list(prefix=prefix, offset=after or None, chunk_size=limit)
            async for chunk in listing:
                found += [Stored(str(one["path"]), one["last_modified"]) for one in chunk]
                if len(found) >= limit:
                    break
        except (BaseError, OSError) as error:
            raise _away(error) from error
        return sorted(found, key=lambda one: one.path)[:limit]

    def permit(self, path: str, headers: dict[str, str], *, now: datetime, ttl_seconds: int) -> str:
        """An address to which one object of exactly these headers may be put for a while."""
        url = f"{self._public_url}/{path}"
        return presign_put(url, headers, self._keys, now=now, ttl_seconds=ttl_seconds)


def require_bucket(found: Bucket | None) -> Bucket:
    """The bucket.

    Raises:
        ImagesOff: Object storage is not configured.
    """
    if found is None:
        raise ImagesOff
    return found


def _away(error: Exception) -> StorageAway:
    """What a client is told; what went wrong is for the log."""
    log.warning("images.storage_away", error=str(error).partition("\n")[0].partition("?")[0][:200])
    return StorageAway()

"""S3: objects in a folder, behind the usual protocol."""

import asyncio
from datetime import timedelta
from typing import Final

from obstore.exceptions import BaseError
from obstore.store import S3Store

from embedded.fetch.manifest import bundle_for
from embedded.parts.base import NotReady
from embedded.parts.java import JavaProgram, JavaServer
from embedded.settings import BUCKET
from embedded.site import Site

_SETTINGS: Final = """\
s3proxy.endpoint=http://127.0.0.1:{port}
s3proxy.authorization=aws-v2-or-v4
s3proxy.identity={access_key}
s3proxy.credential={secret_key}
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir={folder}/buckets
"""
_LOGGING: Final = """\
<configuration><appender name="out" class="ch.qos.logback.core.ConsoleAppender">
<encoder><pattern>%d{ISO8601} %-5p %m \\(%logger{0}\\)%n</pattern></encoder></appender>
<root level="warn"><appender-ref ref="out"/></root></configuration>
"""


class ObjectStore(JavaServer):
    """The object store, with the bucket for media."""

    name = "s3"
    ports = ("s3",)

    def version(self, site: Site) -> str:
        """Which version runs."""
        del site
        return bundle_for("s3").version

    def url(self, site: Site) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{site.ports['s3']}"

    def prepare(self, site: Site) -> None:
        """Write the configuration, and make the bucket, which is a folder.

        The folder is closed to others on purpose: the server takes a readable one for public.
        """
        folder = site.own_folder("s3")
        site.own_folder("s3", "buckets")
        site.own_folder("s3", "buckets", BUCKET)
        site.own_folder("s3", "tmp")
        text = _SETTINGS.format(
            port=site.ports["s3"],
            folder=folder,
            access_key=site.credentials.s3_access_key,
            secret_key=site.credentials.s3_secret_key,
        )
        site.write(folder / "s3proxy.conf", text)
        site.write(folder / "logback.xml", _LOGGING)

    def program(self, site: Site) -> JavaProgram:
        """What to run."""
        folder = site.folder("s3")
        return JavaProgram(
            "org.gaul.s3proxy.Main",
            site.servers.s3_jars,
            heap_mb=96,
            arguments=("--properties", str(folder / "s3proxy.conf")),
            properties={"logback.configurationFile": str(folder / "logback.xml")},
        )

    async def identify(self, site: Site, pid: int) -> None:
        """It accepts this stack's keys and shows the bucket."""
        del pid
        store = S3Store(
            BUCKET,
            endpoint=self.url(site),
            access_key_id=site.credentials.s3_access_key,
            secret_access_key=site.credentials.s3_secret_key,
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True, "timeout": timedelta(seconds=3)},
            retry_config={"max_retries": 0},
        )
        try:
            await asyncio.to_thread(store.list_with_delimiter)
        except (BaseError, OSError) as error:
            raise NotReady(str(error).partition("\n")[0]) from error

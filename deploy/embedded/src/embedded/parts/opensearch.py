"""OpenSearch, one node, with the k-NN plugin.

Its distribution for embedding has no security plugin: it listens on the loopback address only,
and any user of this machine can reach it.
"""

import shutil
from typing import Final

from embedded.fetch.manifest import bundle_for
from embedded.parts.base import NotReady
from embedded.parts.http import get_json
from embedded.parts.java import JavaProgram, JavaServer
from embedded.site import Site

_SETTINGS: Final = """\
cluster.name: {cluster}
node.name: localex
path.data: {folder}/data
path.logs: {folder}/logs
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
discovery.type: single-node
action.auto_create_index: false
cluster.routing.allocation.disk.threshold_enabled: false
# It forbids the server to start a process, and the archive for quick starts is made by one.
bootstrap.system_call_filter: false
"""
_LOGGING: Final = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %marker%m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


class OpenSearch(JavaServer):
    """The search engine; everything but search works without it."""

    name = "opensearch"
    ports = ("opensearch", "opensearch-transport")
    #: It takes the most work of all to start, and nothing waits for it: the services go first.
    after = ("kafka",)
    ready_seconds = 180

    def version(self, site: Site) -> str:
        """Which version runs."""
        del site
        return bundle_for("opensearch").version

    def url(self, site: Site) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{site.ports['opensearch']}"

    def prepare(self, site: Site) -> None:
        """Write the configuration."""
        folder = site.own_folder("opensearch")
        for name in ("config", "data", "logs", "tmp"):
            site.own_folder("opensearch", name)
        text = _SETTINGS.format(
            cluster=site.cluster_name,
            folder=folder,
            port=site.ports["opensearch"],
            transport=site.ports["opensearch-transport"],
        )
        site.write(folder / "config" / "opensearch.yml", text)
        site.write(folder / "config" / "log4j2.properties", _LOGGING)
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        site.own_folder("opensearch", "tmp")

    def program(self, site: Site) -> JavaProgram:
        """What to run: what `bin/opensearch` would, on the Java runtime we have."""
        home = site.servers.opensearch
        if home is None:
            raise LookupError("OpenSearch was not fetched")
        folder = site.folder("opensearch")
        # The agent that limits plugins costs two seconds; its classes alone are needed.
        agent = next((home / "agent").glob("opensearch-agent-bootstrap-*.jar"))
        return JavaProgram(
            "org.opensearch.bootstrap.OpenSearch",
            (*sorted((home / "lib").glob("*.jar")), agent),
            heap_mb=512,
            properties={
                "opensearch.path.home": str(home),
                "opensearch.path.conf": str(folder / "config"),
                "opensearch.distribution.type": "zip",
                "opensearch.bundled_jdk": "false",
                # The trimmed runtime lacks break iterators; ICU's come by this door.
                "java.locale.providers": "CLDR,SPI",
                "jna.nosys": "true",
                "jna.tmpdir": str(folder / "tmp"),
                "io.netty.noUnsafe": "true",
                "io.netty.noKeySetOptimization": "true",
                "io.netty.recycler.maxCapacityPerThread": "0",
                "log4j.shutdownHookEnabled": "false",
                "log4j2.disable.jmx": "true",
                "org.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits": "1",
                "file.encoding": "UTF-8",
            },
        )

    async def identify(self, site: Site, pid: int) -> None:
        """The cluster has this stack's name, its node is our process, and its shards are there."""
        port = site.ports["opensearch"]
        try:
            _, node = await get_json(port, "/_nodes/_local/process")
            _, health = await get_json(port, "/_cluster/health")
        except OSError as error:
            raise NotReady(str(error)) from error
        if node.get("cluster_name") != site.cluster_name:
            raise NotReady(f"cluster {node.get('cluster_name')} answers, not {site.cluster_name}")
        processes = {each["process"]["id"] for each in node["nodes"].values()}
        if processes != {pid}:
            raise NotReady(f"the node is process {processes}, not {pid}")
        if health.get("status") not in {"green", "yellow"}:
            raise NotReady(f"the cluster is {health.get('status')}")

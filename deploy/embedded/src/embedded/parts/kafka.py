"""Kafka: one broker that is its own controller."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import DeleteGroupsRequest

from contracts.topics import ALL_TOPICS
from embedded.fetch.manifest import bundle_for
from embedded.parts.base import NotReady
from embedded.parts.java import JavaProgram, JavaServer, run_java
from embedded.parts.running import run_to_end
from embedded.site import Site

_SETTINGS: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{detour}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT{plain}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/log
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions={offsets}
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# A single node need not wait for others: to form a group, to commit an offset, to fail over.
group.initial.rebalance.delay.ms=0
group.coordinator.append.linger.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=16777216
message.max.bytes=1048588
num.network.threads=2
num.io.threads=4
"""
_LOGGING: Final = """\
<Configuration status="error"><Appenders><Console name="out">
<PatternLayout pattern="%d{ISO8601} %-5p %m (%c{1})%n"/></Console></Appenders>
<Loggers><Root level="warn"><AppenderRef ref="out"/></Root>
<Logger name="kafka.server.KafkaRaftServer" level="info"/></Loggers></Configuration>
"""
_TOPIC_EXISTS: Final = 36
_NOT_COORDINATOR: Final = 16
#: Parts of the broker's own topic of offsets; each coordinates the groups whose names fall on it.
_OFFSETS: Final = 8
_OFFSETS_TOPIC: Final = "__consumer_offsets"
_NODE: Final = 1
_HEAP_MB: Final = {"full": 256, "lite": 144}
_COMPLAINT_SECONDS: Final = 3.0


class Kafka(JavaServer):
    """The broker, with exactly the topics of the contracts."""

    name = "kafka"
    ports: tuple[str, ...] = ("kafka", "kafka-controller")

    def __init__(self, detours: Sequence[str] = ()) -> None:
        """For each detour, such as `ledger:kafka`, a listener tells clients its address."""
        self._detours = tuple(detours)
        self.ports = (*self.ports, *map(detour_port, detours))

    def version(self, site: Site) -> str:
        """Which version runs."""
        del site
        return bundle_for("kafka").version

    def url(self, site: Site) -> str:
        """Where it listens."""
        return f"kafka://127.0.0.1:{site.ports['kafka']}"

    def prepare(self, site: Site) -> None:
        """Write the configuration; format the folder at the first start."""
        folder = site.own_folder("kafka")
        site.own_folder("kafka", "tmp")
        detour = advertised = plain = ""
        for name in self._detours:
            own = detour_port(name)
            listener = own.upper().replace("-", "_")
            detour += f",{listener}://127.0.0.1:{site.ports[own]}"
            advertised += f",{listener}://127.0.0.1:{site.detours[name]}"
            plain += f",{listener}:PLAINTEXT"
        text = _SETTINGS.format(
            port=site.ports["kafka"],
            offsets=_OFFSETS,
            controller=site.ports["kafka-controller"],
            folder=folder,
            detour=detour,
            advertised=advertised,
            plain=plain,
        )
        site.write(folder / "server.properties", text)
        site.write(folder / "log4j2.xml", _LOGGING)
        if not (folder / "log" / "meta.properties").exists():
            self._format(site)

    def _format(self, site: Site) -> None:
        program = self._program(
            site,
            "kafka.tools.StorageTool",
            # With "=": an id may begin with a dash, and would be taken for an option.
            (
                "format",
                "--standalone",
                f"--cluster-id={site.kafka_cluster_id}",
                "-c",
                "server.properties",
            ),
        )
        run_to_end(run_java(site, self.name, program))

    def program(self, site: Site) -> JavaProgram:
        """What to run."""
        return self._program(site, "kafka.Kafka", ("server.properties",))

    def _program(self, site: Site, main: str, arguments: tuple[str, ...]) -> JavaProgram:
        logging = site.folder("kafka") / "log4j2.xml"
        return JavaProgram(
            main,
            site.servers.kafka_jars,
            heap_mb=_HEAP_MB[site.profile],
            arguments=arguments,
            properties={"log4j2.configurationFile": str(logging)},
            # The broker carries the load of every benchmark: it may take its time to compile.
            quick_compiler=main != "kafka.Kafka",
        )

    async def identify(self, site: Site, pid: int) -> None:
        """The cluster id is the one this folder was formatted with."""
        del pid
        async with _admin(site) as admin:
            found = (await admin.describe_cluster())["cluster_id"]
        if found != site.kafka_cluster_id:
            raise NotReady(f"cluster {found} answers, not {site.kafka_cluster_id}")

    async def complaint(self, site: Site) -> str | None:
        """Groups that it does not coordinate: after a full disk it may come to that, and stay so.

        Nobody has the groups that it is asked to delete; it must be able to write to do so.
        """
        client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{site.ports['kafka']}")
        try:
            async with asyncio.timeout(_COMPLAINT_SECONDS):
                await client.bootstrap()
                known = await client.fetch_all_metadata()
                if _OFFSETS_TOPIC not in known.topics(exclude_internal_topics=False):
                    # Made when somebody joins a group.
                    return None
                answer = await client.send(_NODE, DeleteGroupsRequest(list(NOBODYS)))
        except (KafkaError, OSError, TimeoutError):
            # Who is away is started again for that.
            return None
        finally:
            await client.close()
        codes = dict(answer.results)
        ill = [group for group in NOBODYS if codes.get(group) == _NOT_COORDINATOR]
        return f"it coordinates no groups such as {', '.join(ill)}" if ill else None

    async def provision(self, site: Site) -> None:
        """Create the topics that are missing."""
        async with _admin(site) as admin:
            present = set(await admin.list_topics())
            missing = [topic for topic in ALL_TOPICS if topic.name not in present]
            if not missing:
                return
            answer = await admin.create_topics(
                [
                    NewTopic(
                        topic.name,
                        topic.partitions,
                        1,
                        topic_configs=topic.configs,
                    )
                    for topic in missing
                ]
            )
            wrong = [row for row in answer.topic_errors if row[1] not in {0, _TOPIC_EXISTS}]
        if wrong:
            raise RuntimeError(f"topics could not be created: {wrong}")


def detour_port(detour: str) -> str:
    """The port on which the broker listens for whoever stands in between."""
    return "-".join(("kafka-detour", *detour.split(":")[:-1]))


def place_of(group: str) -> int:
    """On which part of the topic of offsets a group's name falls, as the broker counts."""
    number = 0
    for letter in group.encode("ascii"):
        number = (number * 31 + letter) & 0xFFFFFFFF
    return min(number, (1 << 32) - number) % _OFFSETS


#: A group that nobody has, for each part.
NOBODYS: Final = tuple(
    {place_of(name): name for name in (f"nobodys-{number}" for number in range(99))}.values()
)


@contextlib.asynccontextmanager
async def _admin(site: Site) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(
        bootstrap_servers=f"127.0.0.1:{site.ports['kafka']}", request_timeout_ms=5000
    )
    try:
        await client.start()
        yield client
    except (KafkaError, OSError) as error:
        raise NotReady(str(error) or type(error).__name__) from error
    finally:
        await client.close()

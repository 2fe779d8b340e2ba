"""How a Java server is started quickly, and kept small."""

import hashlib
import os
import shutil
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from embedded.parts.base import Launch, Server
from embedded.site import Site, quickstart_folder

_RECORDED = "quickstart.aot"
_RECORDING_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class JavaProgram:
    """A main class and what it needs."""

    main: str
    classpath: tuple[Path, ...]
    heap_mb: int
    arguments: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    #: Only the quick compiler: half the start-up work, slower after minutes of load.
    quick_compiler: bool = True


class JavaServer(Server):
    """A server on the Java runtime.

    The first time a server is stopped it writes an archive of its loaded classes; later starts
    (of any stack of this machine) map it and take a third of the time. `LOCALEX_QUICKSTART=off`
    goes without.
    """

    @abstractmethod
    def program(self, site: Site) -> JavaProgram:
        """What to run."""

    def launch(self, site: Site) -> Launch:
        """How to start it."""
        program = self.program(site)
        flags = [*_flags(site, self.name, program), *self._archive_flags(site, program)]
        command = [str(_java(site)), *flags, program.main, *program.arguments]
        return Launch(command, _environment(), site.account, site.folder(self.name))

    def _archive(self, site: Site, program: JavaProgram) -> Path:
        basis = [str(_java(site)), *map(str, program.classpath), str(program.quick_compiler)]
        digest = hashlib.sha256("\n".join(basis).encode()).hexdigest()[:16]
        return quickstart_folder() / f"{self.name}-{digest}.aot"

    def _archive_flags(self, site: Site, program: JavaProgram) -> list[str]:
        if os.environ.get("LOCALEX_QUICKSTART") == "off":
            return []
        archive = self._archive(site, program)
        if archive.exists():
            return [f"-XX:AOTCache={archive}"]
        return [f"-XX:AOTCacheOutput={site.folder(self.name) / _RECORDED}"]

    def finished(self, site: Site) -> None:
        """Keep the archive that the server wrote when it stopped."""
        recorded = site.folder(self.name) / _RECORDED
        archive = self._archive(site, self.program(site))
        if recorded.exists():
            archive.parent.mkdir(parents=True, exist_ok=True)
            archive.parent.chmod(0o755)
            temporary = archive.with_name(f".{archive.name}.{os.getpid()}")
            shutil.copyfile(recorded, temporary)
            temporary.chmod(0o644)
            temporary.replace(archive)
        for leftover in site.folder(self.name).glob(f"{_RECORDED}*"):
            leftover.unlink()

    def stop_limit(self, site: Site) -> float:
        """More when it writes its archive."""
        recording = not self._archive(site, self.program(site)).exists()
        return _RECORDING_STOP_SECONDS if recording else self.stop_seconds


def run_java(site: Site, name: str, program: JavaProgram) -> Launch:
    """How to run a short program of a server's."""
    command = [str(_java(site)), *_flags(site, name, program), program.main, *program.arguments]
    return Launch(command, _environment(), site.account, site.folder(name))


def join_classpath(jars: Iterable[Path]) -> str:
    """A class path as Java wants it."""
    return ":".join(map(str, jars))


def _java(site: Site) -> Path:
    if site.servers.java is None:
        raise LookupError("the Java runtime was not fetched")
    return site.servers.java / "bin" / "java"


def _environment() -> dict[str, str]:
    return {"LANG": "C.UTF-8", "PATH": os.defpath}


def _flags(site: Site, name: str, program: JavaProgram) -> list[str]:
    temporary = site.folder(name) / "tmp"
    return [
        f"-Xmx{program.heap_mb}m",
        "-XX:+UseSerialGC",
        *(["-XX:TieredStopAtLevel=1"] if program.quick_compiler else []),
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        # The JVM's own remarks on archives are many, long and of no use to a reader of the log.
        "-Xlog:disable",
        "-Xlog:all=error:stderr",
        "--enable-native-access=ALL-UNNAMED",
        f"-Djava.io.tmpdir={temporary}",
        *(f"-D{key}={value}" for key, value in program.properties.items()),
        "-cp",
        join_classpath(program.classpath),
    ]

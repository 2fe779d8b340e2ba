"""Carries out a Dockerfile without Docker: a folder stands for `/`, a bare environment for Python.

The folder is moved aside when a stage ends, so that each stage has the same paths, as in Docker:
environments, and what is installed in place, hold absolute ones.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from tests.compose.dockerfile import instructions
from tests.tidy.tree import ROOT

#: How steps that can be carried out begin. Another one could do anything to the machine.
KNOWN: Final = (
    "python -m pip install ",
    "uv venv ",
    "uv pip sync ",
    "uv pip install ",
    "/app/.venv/bin/python -m compileall ",
    "install -d ",
)
#: What only root can do: this whole step, and these words of any.
ADDS_USER: Final = "useradd --system --uid 10001 --user-group --no-create-home localex"
GIVES_AWAY: Final = " -o localex -g localex"
#: In Docker a cache would stay in the image; here the machine's spares the registry.
UNCACHED: Final = re.compile(r" --no-cache(-dir)?(?= )")
#: Where steps may write; any other path is the machine's.
FOLDERS: Final = ("/app", "/run/localex")
ABSOLUTE: Final = re.compile(r"(?<![\w.*${}~/-])/[^\s:;&|'\"]*")
#: What a step's shell may find beside Python.
TOOLS: Final = ("sh", "install")
#: Would lead the image's Python to another environment, or keep it from writing bytecode.
FOREIGN: Final = ("PYTHON", "VIRTUAL_ENV", "CONDA", "UV_PYTHON", "UV_PROJECT")
#: Far more than they take: a step may fetch everything anew, on a busy machine.
STEP_SECONDS: Final = 500
COMMAND_SECONDS: Final = 200


@dataclass(slots=True)
class Image:
    """An image in the making, and what it says about its containers.

    Attributes:
        root: The folder that stands for `/`.
        left_out: The steps, and parts of steps, that only root could carry out.
        stages: Where the finished stages are, by name.
    """

    root: Path
    workdir: str = "/"
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    stages: dict[str, Path] = field(default_factory=dict)

    def at(self, path: str) -> Path:
        """Where a path of the image is on this machine; relative ones are in the work folder."""
        return self.root / (Path(self.workdir) / path).relative_to("/")

    def mapped(self, text: str) -> str:
        """The text with the image's paths as they are on this machine."""

        def here(found: re.Match[str]) -> str:
            if not found[0].startswith(FOLDERS) or ".." in found[0]:
                raise ValueError(f"outside {' and '.join(FOLDERS)}: {found[0]} in {text!r}")
            return str(self.at(found[0]))

        return ABSOLUTE.sub(here, text)

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as a container would: with the image's environment and what it is given."""
        return subprocess.run(
            [self.program(words[0]), *map(self.mapped, words[1:])],
            cwd=self.at("."),
            env=self.env | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    def program(self, name: str) -> str:
        """The program that the image's PATH names."""
        found = shutil.which(name, path=self.env["PATH"])
        if found is None:
            raise FileNotFoundError(f"{name} is not on the image's PATH")
        return found


def carry_out(text: str, context: Sequence[str], folder: Path) -> Image:
    """Carry out the instructions of a Dockerfile.

    Args:
        text: The Dockerfile's.
        context: Paths of the checkout that are sent to the build.
        folder: An empty one, for the stages.

    Returns:
        The image of the last stage.

    Raises:
        ValueError: An instruction or a step that is not known; it is not carried out.
        FileNotFoundError: What is to be copied is not there.
        RuntimeError: A step failed.
    """
    image, name = Image(folder / "root"), ""
    for word, argument in instructions(text):
        match word:
            case "FROM":
                if name:
                    image.stages[name] = image.root.rename(folder / name)
                image = Image(folder / "root", left_out=image.left_out, stages=image.stages)
                name = argument.partition(" AS ")[2] or "last"
                _begin(image, folder)
            case "COPY":
                _copy(image, shlex.split(argument), context)
            case "RUN":
                _step(image, argument)
            case _:
                _tell(image, word, argument)
    return image


def _tell(image: Image, word: str, argument: str) -> None:
    """Take note of what is said of containers."""
    match word:
        case "WORKDIR":
            image.workdir = argument
            image.at(".").mkdir(parents=True, exist_ok=True)
        case "ENV":
            pairs = (pair.split("=", 1) for pair in shlex.split(argument))
            old = image.env["PATH"]
            image.env |= {k: image.mapped(v).replace("$PATH", old) for k, v in pairs}
        case "USER":
            image.user = argument
        case "ENTRYPOINT":
            image.entrypoint = json.loads(argument)
        case "CMD":
            image.cmd = json.loads(argument)
        case "ARG" | "LABEL" | "EXPOSE" | "STOPSIGNAL":
            pass
        case _:
            raise ValueError(f"what {word} does is not known")


def _begin(image: Image, folder: Path) -> None:
    """A bare environment of this Python, with pip, is what the base image has."""
    base = image.root / "usr/local"
    command = [sys.executable, "-m", "venv", "--without-pip", str(base)]
    subprocess.run(command, check=True)
    pip = Path(str(distribution("pip").locate_file("pip")))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (base / "lib" / version / "site-packages/pip").symlink_to(pip)
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for tool in TOOLS:
        if not (tools / tool).exists():
            (tools / tool).symlink_to(str(shutil.which(tool)))
    image.env["PATH"] = f"{base / 'bin'}:{tools}"


def _copy(image: Image, words: list[str], context: Sequence[str]) -> None:
    """Copy from the context, or with `--from` from a stage: a folder's content, or files."""
    *sources, target = words
    if words[0].startswith("--from="):
        stage, path = image.stages[words[0].removeprefix("--from=")], words[1]
        # Links: another stage may copy the same, and nothing changes it any more.
        shutil.copytree(
            stage / path.lstrip("/"), image.at(target), symlinks=True, copy_function=os.link
        )
        return
    for source in sources:
        inside = [path for path in context if path.startswith(f"{source}/")]
        if source not in context and not inside:
            raise FileNotFoundError(f"the build context has no {source}")
        for path in inside:
            _put(ROOT / path, image.at(target) / Path(path).relative_to(source))
        if source in context:
            is_folder = target.endswith("/")
            _put(ROOT / source, image.at(target) / (Path(source).name if is_folder else ""))


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _step(image: Image, text: str) -> None:
    """Carry out a step by the shell, without what only root can do."""
    wanted = []
    for command in text.split(" && "):
        if command == ADDS_USER:
            image.left_out.append(command)
            continue
        if not f"{command} ".startswith(KNOWN) or re.search(r"[;|&<>`$()]", command):
            raise ValueError(f"what this does is not known: {command!r}")
        image.left_out += [GIVES_AWAY.strip()] * command.count(GIVES_AWAY)
        wanted.append(UNCACHED.sub("", image.mapped(command.replace(GIVES_AWAY, ""))))
    done = subprocess.run(
        ["sh", "-c", " && ".join(wanted)],
        cwd=image.at("."),
        env=_environment() | image.env,
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{text}\n{done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    """This machine's, which knows its registry; the base image has one Python only."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    python = str(Path(sys.base_prefix) / "bin" / "python3")
    return ours | {"UV_PYTHON": python, "UV_PYTHON_DOWNLOADS": "never"}

"""Golden messages of each release: `python -m contracts.golden freeze 0.2.0`, or `check`.

A release's folder holds the schemas as they were and messages as they were written. It is never
changed afterwards: old messages lie in topics and old readers run beside new ones. The digests of
its files are kept beside it, in a list that `sha256sum -c` reads, too; the digest of that list is
pinned in `tests/contracts/test_compatibility.py`.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import contracts
from contracts.compatibility import Forms, breaks
from contracts.generate import json_schema
from contracts.messages import MESSAGES, Message
from contracts.samples import samples
from contracts.upcasting import upcast

GOLDEN: Final = Path(contracts.__file__).parents[2] / "golden"
#: Breaks that were decided on, one a line: the type, the field, then why nobody is harmed.
ACCEPTED: Final = GOLDEN / "accepted.txt"
_FREEZE_WORDS: Final = 2

type Models = Mapping[str, type[Message]]


def forms_of(model: type[Message]) -> Forms:
    """What a message's present writer writes and its present reader takes."""
    return Forms(json_schema(model), model.model_json_schema(mode="validation"))


def releases(folder: Path = GOLDEN) -> list[Path]:
    """The folders of released versions."""
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def freeze(version: str, folder: Path = GOLDEN) -> Path:
    """Write down schemas and messages of a release.

    Raises:
        FileExistsError: The release is frozen already.
    """
    place = folder / version
    place.mkdir(parents=True)
    lines = []
    for name, model in sorted(MESSAGES.items()):
        forms = forms_of(model)
        document = {
            "writes": forms.writes,
            "reads": forms.reads,
            "messages": samples(forms.writes),
        }
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        path = place / f"{name}.{model.VERSION}.json"
        path.write_text(text, encoding="utf-8")
        lines.append(f"{_digest(path)}  {version}/{path.name}\n")
    _digests(place).write_text("".join(lines), encoding="utf-8")
    return place


def edited(folder: Path = GOLDEN) -> list[str]:
    """Files of releases that are not as they were frozen, one a line."""
    found = []
    for release in releases(folder):
        kept = {}
        if _digests(release).exists():
            lines = _digests(release).read_text(encoding="utf-8").splitlines()
            kept = {name: digest for digest, name in (line.split() for line in lines)}
        there = {f"{release.name}/{path.name}": _digest(path) for path in release.iterdir()}
        found += [
            f"{name}: {_unlike(kept.get(name), there.get(name))}"
            for name in sorted(kept.keys() | there.keys())
            if kept.get(name) != there.get(name)
        ]
    return found


def _unlike(kept: str | None, there: str | None) -> str:
    if there is None:
        return "is gone; what a release wrote is kept"
    if kept is None:
        return "was added; a release is frozen whole, with its digests"
    return "was edited; a released message is never changed"


def ungolden(folder: Path = GOLDEN, models: Models | None = None) -> list[str]:
    """Messages of today that no release's folder holds in their version, one a line."""
    kept = {path.stem for release in releases(folder) for path in release.glob("*.json")}
    known = MESSAGES if models is None else models
    names = (f"{name}.{model.VERSION}" for name, model in sorted(known.items()))
    return [f"{name}: has no golden message; freeze it" for name in names if name not in kept]


def _digests(release: Path) -> Path:
    return release.with_name(f"{release.name}.sha256")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(
    folder: Path = GOLDEN, models: Models | None = None, accepted: Sequence[str] | None = None
) -> list[str]:
    """What an old reader or an old message of any release would not survive, one a line."""
    known = MESSAGES if models is None else models
    excused = _accepted() if accepted is None else list(accepted)
    found = []
    for release in releases(folder):
        for path in sorted(release.glob("*.json")):
            name, version = path.stem.rsplit(".", 1)
            document = json.loads(path.read_text(encoding="utf-8"))
            faults = _check_one(name, int(version), document, known.get(name))
            found += [f"{release.name} {name}.{version}: {fault}" for fault in faults]
    return [one for one in found if not any(_excuses(line, one) for line in excused)]


def _accepted() -> list[str]:
    if not ACCEPTED.exists():
        return []
    lines = ACCEPTED.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _excuses(line: str, found: str) -> bool:
    name, field, *_ = [*line.split(), "", ""]
    return f" {name}: {field}:" in found


def _check_one(
    name: str, version: int, document: Mapping[str, Any], model: type[Message] | None
) -> list[str]:
    if model is None:
        return [f"payload: {name} is gone; old messages of it still lie in topics"]
    faults = []
    if version == model.VERSION:
        faults += breaks(Forms(document["writes"], document["reads"]), forms_of(model))
    for message in document["messages"]:
        if fault := _unreadable(model, version, message):
            faults.append(fault)
            break
    return faults


def _unreadable(model: type[Message], version: int, message: Mapping[str, Any]) -> str | None:
    """Why the present reader cannot read an old message; nothing when it can."""
    text = json.dumps(message).encode()
    try:
        if version == model.VERSION:
            model.model_validate_json(text)
        else:
            model.model_validate(upcast(model, version, text))
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else None
        where = ".".join(map(str, first["loc"])) if first else "payload"
        return f"{where}: {first['msg'] if first else error}; an old message can't be read"
    return None


def main(arguments: Iterable[str]) -> int:
    """Freeze a release, or check that all are whole and that the present breaks none."""
    words = list(arguments)
    if words[:1] == ["freeze"] and len(words) == _FREEZE_WORDS:
        freeze(words[1])
        return 0
    faults = [*edited(), *ungolden(), *check()]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

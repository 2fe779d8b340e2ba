"""Reads an export back as whoever gets it would."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Export:
    """What is in the file, by kind, what its manifest says, pictures by name, and what explains."""

    manifest: dict[str, Any]
    lines: dict[str, list[dict[str, Any]]]
    pictures: dict[str, bytes]
    readme: str


def read_export(content: bytes) -> Export:
    """The file, each part of which is as its manifest says, and is explained."""
    lines, pictures = {}, {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        *names, last = archive.namelist()
        assert last == "manifest.json"
        manifest = json.loads(archive.read(last))
        assert [one["name"] for one in manifest["files"]] == names
        readme = archive.read("README.txt").decode() if "README.txt" in names else ""
        for one in manifest["files"]:
            written = archive.read(one["name"])
            assert one["sha256"] == hashlib.sha256(written).hexdigest()
            assert one["bytes"] == len(written)
            kind, _, form = one["name"].rpartition(".")
            if form == "jsonl":
                lines[kind] = [json.loads(line) for line in written.splitlines()]
                assert one["lines"] == len(lines[kind])
                assert not readme or one["name"] in readme
            else:
                assert one["lines"] is None
                pictures[one["name"]] = written
    pictures.pop("README.txt", None)
    assert manifest["format"] == "localex-export-v2"
    return Export(manifest, lines, pictures, readme)

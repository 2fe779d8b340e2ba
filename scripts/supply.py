"""What we are made of, and whether a known hole is in it.

`supply bill` writes a bill of materials (CycloneDX) of the pins and of the servers' artifacts, in
which no address is. `supply audit` asks the advisory service of the Python index for every pin.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT: Final = Path(__file__).resolve().parent.parent
PINS: Final = "requirements-dev.txt"
SERVERS: Final = "deploy/embedded/src/embedded/fetch/manifest.json"
ALLOWED: Final = "scripts/audit-allowed.txt"
BILL: Final = "build/sbom.cdx.json"
ASK_SECONDS: Final = 300
#: How requests says that nobody answered.
AWAY: Final = re.compile(
    r"Could not connect|not redirecting properly|Max retries exceeded|ConnectionError|"
    r"ReadTimeout|ConnectTimeout|ProxyError|NameResolutionError"
)
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_ENTRY: Final = re.compile(r"(?m)^[A-Za-z0-9._-]+==(?:.*\\\n)*.*\n?")
_ALLOWED: Final = re.compile(r"(\S+) (\d{4}-\d{2}-\d{2}) (\S.{9,})")

type Report = Mapping[str, Any]


class AuditFailed(Exception):
    """There is no report, and not because nobody answered."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: `bill` or `audit`."""
    parser = argparse.ArgumentParser(prog="scripts/supply.py", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("bill", "audit"))
    if parser.parse_args(arguments).command == "audit":
        return audit(ROOT)
    target = ROOT / BILL
    target.parent.mkdir(exist_ok=True)
    target.write_text(bill_of(read(PINS), json.loads(read(SERVERS))))
    print(f"bill of materials: {BILL}")
    return 0


def read(path: str) -> str:
    """A file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def bill_of(pins: str, servers: Mapping[str, Any]) -> str:
    """The bill: every pinned package, and every artifact of the servers with its digest."""
    bom = Bom()
    for name, version in dict(_PIN.findall(pins)).items():
        url = PackageURL("pypi", name=name.lower(), version=version)
        bom.components.add(
            Component(name=name, version=version, type=ComponentType.LIBRARY, purl=url)
        )
    for bundle in servers["bundles"].values():
        for artifact in bundle["artifacts"]:
            group, name, version = artifact["coordinate"].split(":")[:3]
            digest = HashType(alg=HashAlgorithm.SHA_256, content=artifact["sha256"])
            component = Component(
                name=name,
                group=group,
                version=version,
                type=ComponentType.LIBRARY,
                purl=PackageURL("maven", namespace=group, name=name, version=version),
                hashes=[digest],
            )
            bom.components.add(component)
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return text + "\n"


def audit(root: Path) -> int:
    """Ask for one pin first, then for all; 1 when there is a finding, or no answer to trust."""
    pins = (root / PINS).read_text(encoding="utf-8")
    try:
        report = ask(first_of(pins))
        if not is_away(report):
            report = ask(pins)
    except AuditFailed as error:
        print(f"audit: FAILED, nothing was examined: {error}")
        return 1
    if report is None or is_away(report):
        print(
            "audit: " + "!" * 72,
            "audit: NOT DONE: the advisory service cannot be reached from here. Known holes in",
            "audit: what we depend on were NOT looked for; run `make audit` where it can be.",
            "audit: " + "!" * 72,
            sep="\n",
        )
        return 0
    found = faults(report, (root / ALLOWED).read_text(encoding="utf-8"), datetime.now(UTC).date())
    print(*found or [f"audit: no known hole in {len(report['dependencies'])} packages"], sep="\n")
    return 1 if found else 0


def first_of(pins: str) -> str:
    """The first pin with its hashes: enough to learn whether anybody answers."""
    entry = _ENTRY.search(pins)
    return entry.group(0) if entry else ""


def ask(pins: str) -> Report | None:
    """What the service says of some pins; nothing when it does not answer.

    Raises:
        AuditFailed: There is no report for another reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "pins.txt", Path(folder) / "report.json"
        source.write_text(pins)
        command = [sys.executable, "-m", "pip_audit", f"--requirement={source}", "--disable-pip"]
        command += ["--require-hashes", "--format=json", f"--output={target}", "--timeout=10"]
        command += ["--progress-spinner=off"]
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=ASK_SECONDS
            )
        except subprocess.TimeoutExpired:
            return None
        return report_of(target.read_text() if target.exists() else "", done.stderr)


def report_of(text: str, errors: str) -> Report | None:
    """A report as it was written; nothing when it was not for want of an answer.

    Raises:
        AuditFailed: It was not for another reason.
    """
    try:
        report: Report = json.loads(text)
    except ValueError:
        if AWAY.search(errors):
            return None
        raise AuditFailed(errors.strip()[-500:] or "pip-audit said nothing") from None
    return report


def is_away(report: Report | None) -> bool:
    """Whether nobody who knows answered: a mirror knows packages, and no advisories."""
    return report is None or all("skip_reason" in one for one in report["dependencies"])


def faults(report: Report, allowed: str, today: date) -> list[str]:
    """Findings that nobody has allowed until a day to come, and packages that were passed over."""
    good, found = _allowed(allowed, today)
    for one in report["dependencies"]:
        if "skip_reason" in one:
            found.append(f"audit: {one['name']} was not examined: {one['skip_reason']}")
        for hole in one.get("vulns", ()):
            if good.isdisjoint({hole["id"], *hole.get("aliases", ())}):
                mended = ", ".join(hole.get("fix_versions", ())) or "no version yet"
                found.append(
                    f"audit: {one['name']} {one['version']} has {hole['id']}; mended in {mended}"
                )
    return found


def _allowed(text: str, today: date) -> tuple[set[str], list[str]]:
    """Ids that may be there today, and lines that are wrong."""
    good: set[str] = set()
    wrong: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parsed = _ALLOWED.fullmatch(line.strip())
        if parsed is None:
            wrong.append(f"audit: {ALLOWED}: not `ID YYYY-MM-DD reason`: {line}")
        elif date.fromisoformat(parsed[2]) >= today:
            good.add(parsed[1])
    return good, wrong


if __name__ == "__main__":
    raise SystemExit(main())

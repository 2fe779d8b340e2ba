"""The Dockerfile and its build context, as Docker reads them."""

import fnmatch
from typing import Final

from tests.tidy.tree import ROOT, tracked

DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"


def instructions(text: str) -> list[tuple[str, str]]:
    """Instruction and argument of each line, continuations joined, comments dropped."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [(word.upper(), " ".join(rest.split())) for word, rest in pairs]


def ignored(path: str, rules: list[str]) -> bool:
    """Whether a build context leaves a path out: the last rule that matches it decides."""
    verdict = False
    for rule in rules:
        keep, pattern = rule.startswith("!"), rule.removeprefix("!")
        prefixes = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
        flat = pattern.removeprefix("**/")
        if any(fnmatch.fnmatchcase(prefix, pattern) for prefix in prefixes) or (
            pattern != flat and any(fnmatch.fnmatchcase(part, flat) for part in path.split("/"))
        ):
            verdict = not keep
    return verdict


def context_rules() -> list[str]:
    """The rules of the build context, without comments."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def context() -> list[str]:
    """What of the repository is sent to a build."""
    rules = context_rules()
    return [path for path in tracked() if not ignored(path, rules)]

"""The documents lead somewhere, and say what they must."""

import re
from pathlib import PurePosixPath

from tests.tidy import tree

README_LINES = 120
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
DECISION = ("Context", "Decision", "Consequences", "Alternatives", "What enforces it")


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings make."""
    plain = (re.sub(r"[`*]", "", heading).lower() for heading in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


def broken_links(pages: tree.Sources, paths: frozenset[str]) -> list[str]:
    """Links to files and headings that are not there."""
    faults = []
    for page, text in pages.items():
        prose = FENCE.sub("", text)
        for target in LINK.findall(prose) + PICTURE.findall(prose):
            if re.match(r"^[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            place = resolve(page, path) if path else page
            known = place in paths or any(p.startswith(place.rstrip("/") + "/") for p in paths)
            if not known or (anchor and place in pages and anchor not in anchors(pages[place])):
                faults.append(f"{page}: {target}")
    return faults


def resolve(page: str, link: str) -> str:
    """The path in the repository that a page's relative link leads to."""
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / link).parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)


def thin_decisions(pages: tree.Sources) -> list[str]:
    """Decision records without one of their sections."""
    return [
        f"{page}: no section {section!r}"
        for page, text in pages.items()
        for section in DECISION
        if section.lower() not in {heading.lower() for heading in HEADING.findall(text)}
    ]


def test_links_lead_somewhere() -> None:
    """Each relative link names a file that is there, and a heading in it."""
    assert broken_links(tree.sources(".md"), frozenset(tree.tracked())) == []


def test_the_readme_is_short() -> None:
    """A newcomer reads the whole README."""
    assert tree.text_of("README.md").count("\n") < README_LINES


def test_decisions_have_their_sections() -> None:
    """A decision says what else was thought of, and what keeps it true."""
    assert thin_decisions(tree.sources(".md", under="docs/decisions/0")) == []


def test_decisions_are_numbered_without_gaps() -> None:
    """The records are found by number."""
    names = [PurePosixPath(p).name for p in tree.sources(".md", under="docs/decisions/0")]
    assert [int(name[:4]) for name in sorted(names)] == list(range(1, len(names) + 1))


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    """Keep a Changelog: what is not released yet stands on top."""
    assert "## [Unreleased]" in tree.text_of("CHANGELOG.md")


def test_the_docs_checks_can_fail() -> None:
    """A dead link, a dead anchor and a thin decision are found; code and the web are spared."""
    paths = frozenset({"docs/a.md", "docs/b.md"})
    page = {"docs/a.md": "# One thing\n[b](b.md) [x](#one-thing) [w](https://x.y)\n"}
    assert broken_links(page, paths) == []
    assert broken_links({"docs/a.md": "[c](c.md)"}, paths)
    assert broken_links({"docs/a.md": "![c](c.png)"}, paths)
    assert broken_links({"docs/a.md": "# A\n[x](#b)"}, paths)
    assert broken_links({"docs/a.md": "```\n[c](c.md)\n```"}, paths) == []
    assert thin_decisions({"a.md": "# 1. A\n## Context\n## Decision\n## Consequences\n"})

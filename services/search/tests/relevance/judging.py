"""Judgements, and what a ranking is worth by them. Pure but for reading files."""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import orjson

from contracts.marketplace import ItemChanged
from embedded.importing.cleaning import clean_text
from services.search.tests.offers import make_item
from tests.stack.needs import GROCERIES

HERE: Final = Path(__file__).parent
DEPTH: Final = 10

type Grades = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Condition:
    """One regular expression over one field."""

    field: str
    pattern: re.Pattern[str]
    wanted: bool

    @classmethod
    def read(cls, text: str) -> "Condition":
        """From `t=ghee` or `!t=oil`."""
        name, _, pattern = text.strip().partition("=")
        return cls(name.lstrip("!"), re.compile(pattern, re.IGNORECASE), not name.startswith("!"))

    def holds(self, facts: Mapping[str, str]) -> bool:
        """Whether an item is so."""
        return (self.pattern.search(facts[self.field]) is not None) == self.wanted


@dataclass(frozen=True, slots=True)
class Judged:
    """A query, its kind, and the conditions for each grade, the best first."""

    kind: str
    query: str
    grades: tuple[tuple[int, tuple[tuple[Condition, ...], ...]], ...]

    def grade(self, facts: Mapping[str, str]) -> int:
        """What an item is worth for this query."""
        for grade, choices in self.grades:
            if any(all(one.holds(facts) for one in choice) for choice in choices):
                return grade
        return 0


def read_judged(path: Path) -> list[Judged]:
    """The lines of a file of judgements."""
    return list(_lines(path))


def _lines(path: Path) -> Iterator[Judged]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        kind, query, *graded = line.split(" :: ")
        grades = []
        for one in graded:
            grade, _, text = one.partition(" ")
            choices = tuple(
                tuple(Condition.read(part) for part in choice.split(" && "))
                for choice in text.split(" || ")
            )
            grades.append((int(grade), choices))
        yield Judged(kind.strip(), query.strip(), tuple(grades))


def facts_of(item: ItemChanged) -> dict[str, str]:
    """What conditions look at."""
    return {
        "t": item.title,
        "y": item.item_type or "",
        "c": " > ".join(item.category_path),
        "b": item.brand or "",
    }


def gain(grades: Sequence[int]) -> float:
    """Discounted cumulated gain of the first ten."""
    return math.fsum(
        (2.0**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:DEPTH])
    )


def ndcg(ranking: Sequence[str], grades: Grades) -> float:
    """The gain of a ranking beside the best there could be."""
    best = gain(sorted(grades.values(), reverse=True))
    return gain([grades.get(item_id, 0) for item_id in ranking]) / best if best else 0.0


def read_groceries(path: Path = GROCERIES) -> list[ItemChanged]:
    """The grocer's catalogue as `localex import items` would list it."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_listed(row) for row in csv.DictReader(file)]


def _listed(row: Mapping[str, str]) -> ItemChanged:
    clean = {name: clean_text(value)[0] for name, value in row.items()}
    price = clean["sale_price"]
    return make_item(
        clean["product"],
        item_id=uuid5(NAMESPACE_URL, f"groceries:{clean['index']}"),
        community="grocer",
        description=f"{clean['type']} by {clean['brand']}" if clean["brand"] else "",
        category_path=(clean["category"], clean["sub_category"]),
        price_minor=round(float(price) * 100) if price else None,
        asset="LXC" if price else None,
        pricing="credits" if price else "barter",
        brand=clean["brand"] or None,
        item_type=clean["type"] or None,
        rating=clean["rating"] or None,
        condition="new",
    )


def read_listings(path: Path = HERE / "listings.jsonl") -> list[ItemChanged]:
    """What the demo community offers; our own words."""
    return [_offered(orjson.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _offered(row: dict[str, str]) -> ItemChanged:
    service = row["category"].startswith("Services")
    return make_item(
        row["title"],
        item_id=uuid5(NAMESPACE_URL, f"listing:{row['title']}"),
        description=row["description"],
        category_path=tuple(row["category"].split(" > ")),
        brand=row.get("brand"),
        kind="service" if service else "good",
        condition=None if service else "good",
    )


def mean_by_kind(worth: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The mean of each kind of query, and of all."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for kind, value in worth:
        found[kind].append(value)
        found["all"].append(value)
    return {kind: sum(values) / len(values) for kind, values in found.items()}

"""Every answer that a route can give is in its OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from chassis.answers import PREFIX, PROBLEM_TYPE, Declared, declare
from chassis.http import create_app
from chassis.problems import Malformed, Missing, Problem, Refused
from chassis.service import Service
from tests.problems.derive import document, path_of
from tests.problems.reach import Reach
from tests.roles.routes import SERVICES


class Asked(Refused):
    """Raised by name."""

    title = "Asked"


class ByTable(Refused):
    """Found in a table by the name of a constraint."""

    title = "By table"


class SpokenOf(Missing):
    """Caught, compared and annotated with, never raised."""

    title = "Spoken of"


TABLE = {"some_constraint": ByTable}


class Counter:
    """Something with a method that a route finds by its parameter's type."""

    def serve(self) -> None:
        """Refuse."""
        raise Asked("x")

    def close(self) -> None:
        """Never called."""
        raise Malformed("x")


def by_call(counter: Counter) -> None:
    """Calls a method."""
    counter.serve()


def by_table(name: str, seen: SpokenOf | None = None) -> None:
    """Looks a problem up."""
    try:
        raise TABLE[name]("x")
    except SpokenOf:
        assert isinstance(seen, SpokenOf)


def by_word() -> None:
    """Puts something into a queue.

    Raises:
        Asked: By whoever reads the queue.
    """


def _reached(*roots: Any) -> set[type[Problem]]:
    reach = Reach()
    reach.follow(roots)
    return reach.problems


def operations(service: Service) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of each route in a service's document."""
    app = create_app(service.name, service.routers, body_max_bytes=1)
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@pytest.fixture(autouse=True)
def these_words_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading of code takes this module's for ours, too."""
    monkeypatch.setattr("tests.problems.reach.OURS", ("chassis", __name__.partition(".")[0]))


def test_problems_are_found_through_methods_of_parameters() -> None:
    """What a called method raises counts, what its neighbour raises does not."""
    assert _reached(by_call) == {Asked}


def test_problems_are_found_in_tables_and_not_where_they_are_caught() -> None:
    """A table that is named counts; `except`, `isinstance` and annotations do not."""
    assert _reached(by_table) == {ByTable}


def test_problems_are_found_in_docstrings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes by a way that no call shows is named under `Raises`."""
    monkeypatch.setattr("tests.problems.reach._by_name", lambda: {"Asked": {Asked}})
    assert _reached(by_word) == {Asked}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_is_kept_is_what_the_code_says(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m tests.problems.derive` has been run since the code has changed."""
    monkeypatch.undo()
    assert orjson.loads(path_of(service).read_bytes()) == orjson.loads(document(service))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_success_has_a_form(service: Service) -> None:
    """Each answer says what it looks like: a model, or at least a type."""
    formless = [
        f"{method} {path} {status}"
        for method, path, operation in operations(service)
        for status, response in operation["responses"].items()
        if status not in {"204", "304"}
        and not (response.get("content") and all(c["schema"] for c in response["content"].values()))
    ]
    assert formless == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_who_asks_and_what_is_sent_is_declared(service: Service) -> None:
    """Routes with a caller declare 401 and 403, with a body 413 and 422, and all of them 503."""
    for _, path, operation in operations(service):
        statuses = set(operation["responses"])
        if path.startswith("/v1"):
            assert "503" in statuses, path
        if "requestBody" in operation:
            assert {"413", "422"} <= statuses, path
        names = {one.get("name") for one in operation.get("parameters", ())}
        if "Idempotency-Key" in names:
            assert {"409", "422"} <= statuses, path
        if "If-Match" in names:
            assert "412" in statuses, path


def test_an_answer_without_a_declaration_is_found() -> None:
    """The document of a route has no problem that nobody declared."""
    operation: dict[str, Any] = {"responses": {"200": {}}}
    declare(operation, ["asked"], {"asked": (409, "Asked")})
    declare(operation, ["by-table"], {"by-table": (409, "By table")})
    response = operation["responses"]["409"]
    kinds = response["content"][PROBLEM_TYPE]["schema"]["allOf"][1]["properties"]["type"]["enum"]
    assert kinds == [PREFIX + "asked", PREFIX + "by-table"]
    assert response["description"] == "Asked; By table"
    assert list(operation["responses"]) == ["200", "409"]


def test_a_service_without_a_list_declares_nothing() -> None:
    """What is no package has no problems of its own."""
    assert Declared.of("no_such_package") == Declared()

"""Calls made up from an OpenAPI document, and what is checked of each answer."""

import os
from collections.abc import Callable
from typing import Any, Final, Protocol, Self, cast

import schemathesis
from schemathesis import GenerationMode
from schemathesis.generation.stateful import APIStateMachine

from chassis.http import create_app
from chassis.service import Service

type Test = Callable[..., None]

#: `LOCALEX_SCHEMAS=100` makes so many calls of each kind to each route, and tries every limit that
#: a schema has; CI asks a little of every route, the same each time.
LONG: Final = "LOCALEX_SCHEMAS" in os.environ
CALLS: Final = int(os.environ.get("LOCALEX_SCHEMAS", "4"))
TIMEOUT_SECONDS: Final = 30.0
CONFIG: Final[dict[str, Any]] = {
    "seed": 7,
    "generation": {
        "mode": "all",
        "deterministic": True,
        "no-shrink": True,
        "max-examples": CALLS,
        # What no document forbids: a query may have parameters that nobody asked for.
        "allow-extra-parameters": False,
        # Who asks is said by the tests; that nobody is let in without is a check of its own.
        "with-security-parameters": False,
    },
    "checks": {
        # A rule between fields, or of the state of things, is in no schema: see `_unsaid`. Nor is
        # what a setting allows, such as how large an image may be.
        "positive_data_acceptance": {
            "expected-statuses": [
                *("2xx", "3xx", "401", "403", "404", "409", "412", "413", "422", "429")
            ]
        },
        # RFC 6585: a precondition that is needed has a status of its own.
        "missing_required_header": {"expected-statuses": ["401", "403", "422", "428"]},
    },
    "phases": {"examples": {"enabled": True}, "coverage": {"enabled": LONG}},
    "operations": [
        {
            # What a log-in tells has the id of the person, which is taken for the session's.
            "include-path": "/v1/sessions/{session_id}",
            "checks": {"ensure_resource_availability": {"enabled": False}},
        },
        *(
            # What is missing may be what the call names beside the thing that was made: an account,
            # a check of a kind.
            {
                "include-path": path,
                "checks": {"ensure_resource_availability": {"enabled": False}},
            }
            for path in (
                "/v1/account-groups/{group_id}/members",
                "/v1/users/{user_id}/compliance/{kind}/overrides",
            )
        ),
    ],
}


#: Rules of pydantic that a schema has words for. Not among them: 1.0 is an integer to a schema, and
#: text of white space alone is empty to us.
SAYABLE: Final = frozenset(
    {
        "enum",
        "extra_forbidden",
        "greater_than",
        "greater_than_equal",
        "int_parsing",
        "less_than",
        "less_than_equal",
        "literal_error",
        "missing",
        "string_pattern_mismatch",
        "string_too_long",
        "string_type",
        "too_long",
        "too_short",
        "uuid_parsing",
    }
)


class Schema(Protocol):
    """What of schemathesis' schemas is used here."""

    def parametrize(self) -> Callable[[Test], Test]:
        """Run a test for each operation and many calls."""
        ...

    def exclude(self, *, path: str, method: str) -> Self:
        """All but an operation."""
        ...

    def as_state_machine(self) -> type[APIStateMachine]:
        """Sequences of calls in which one names what another's answer told."""
        ...


def schema_of(service: Service) -> Schema:
    """A service's document as schemathesis reads it."""
    document = create_app(service.name, service.routers, body_max_bytes=1024 * 1024).openapi()
    config = schemathesis.Config.from_dict(CONFIG)
    schema: Any = schemathesis.openapi.from_dict(document, config=config)
    return cast("Schema", schema)


class Probe:
    """Sends calls to one service, and remembers what it has made there.

    A call that names something is sent for what is there every second time: so that it does not
    end at a 404.
    """

    def __init__(self, address: str, token: Callable[[str], str]) -> None:
        """Call `address` with a token for each operation."""
        self._address = address
        self._token = token
        self._known: dict[str, str] = {}
        self._turn = 0
        self._sequences = 0

    def __call__(self, case: Any) -> None:
        """Send one call and check its answer in every way that there is."""
        positive = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
        self._turn += 1
        if positive and self._turn % 2:
            self._name_what_is_there(case)
        answer = case.call_and_validate(**self._arguments(self._token(case.operation.label)))
        if positive:
            assert not (unsaid := _unsaid(answer)), f"the document does not say: {unsaid}"
        self._remember(case, answer)

    def begin(self) -> dict[str, Any]:
        """How the calls of one more sequence are sent: as one person's, with a token of its own."""
        self._sequences += 1
        return self._arguments(self._token(f"sequence {self._sequences}"))

    def _arguments(self, token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        return {"base_url": self._address, "headers": headers, "timeout": TIMEOUT_SECONDS}

    def _name_what_is_there(self, case: Any) -> None:
        for place in (case.path_parameters, case.body):
            if isinstance(place, dict):
                place |= {name: self._known[name] for name in place if name in self._known}

    def _remember(self, case: Any, answer: Any) -> None:
        """`POST /v1/items` makes what others call `item_id`."""
        made = answer.status_code in (200, 201) and case.method.upper() == "POST"
        if made and answer.headers.get("content-type") == ["application/json"]:
            told = answer.json()
            noun = case.path.rstrip("/").rpartition("/")[2].replace("-", "_")
            singular = f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s")
            if isinstance(told, dict) and isinstance(told.get("id"), str):
                self._known[f"{singular}_id"] = told["id"]


def _unsaid(answer: Any) -> set[str]:
    """Rules that valid data broke although the document could have said them."""
    if answer.status_code != 422:
        return set()
    broken = answer.json().get("errors", ())
    if any(one["rule"] not in SAYABLE for one in broken):
        # One fault brings others with it: a list is too short without its malformed item.
        return set()
    return {f"{one['field']}: {one['rule']}" for one in broken}

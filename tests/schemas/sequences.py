"""Sequences of calls: each names what an answer before it told."""

from collections import Counter
from http.client import BAD_REQUEST
from typing import Any, Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation

from tests.schemas.probing import CALLS, Probe, Schema

#: How many calls one sequence has at most.
STEPS: Final = 12
BODY: Final = ParameterLocation.BODY
#: A short run by itself: what it begins with does not hang on what a service remembers.
ONE: Final = settings(
    max_examples=3,
    stateful_step_count=STEPS,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def follow(schema: Schema, probe: Probe) -> Counter[str]:
    """Call a service in sequences, and check each answer, and what answers say together.

    What was made is there, and what was deleted is not. Which call can name what another told is
    read from the document: a path below another's, a field that has the name of a parameter. Two
    times of three a body is the document's example, with what earlier answers told: what is made up
    is mostly refused.

    Args:
        schema: What is called.
        probe: Who calls.

    Returns:
        Operations that were asked for what an answer had told, and did it, with how often.

    Raises:
        FailureGroup: An answer broke the document, or was not true after those before it.
    """
    done: Counter[str] = Counter()
    faults: list[FailureGroup] = []
    machine = _sequence_of(schema, probe, done, faults)
    for number in range(2 * CALLS):
        # A service remembers: what answered so once may answer otherwise when it is asked again,
        # which is no fault. What is one was kept when it was seen, and is told as it was.
        try:
            seed(number)(machine).run(settings=ONE)
        except Flaky:
            pass
        except ExceptionGroup:
            if not faults:
                raise
        if faults:
            raise faults[0]
    return done


def _sequence_of(
    schema: Schema, probe: Probe, done: Counter[str], faults: list[FailureGroup]
) -> Any:
    """A state machine that counts what it did and keeps what was wrong."""
    made: Any = schema.as_state_machine()

    class Sequence(made):  # type: ignore[misc]
        def setup(self) -> None:
            self.arguments = probe.begin()
            self.turn = 0

        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return dict(self.arguments)

        def step(self, input: Any) -> Any:  # noqa: A002 - as it is called above
            self.turn += 1
            if self.turn % 3:
                _follow_the_example(input)
            try:
                output = super().step(input)
            except FailureGroup as fault:
                faults.append(fault)
                raise
            if input.applied_parameters and output.response.status_code < BAD_REQUEST:
                done[input.case.operation.label] += 1
            return output

    return Sequence


def _follow_the_example(wanted: Any) -> None:
    """Send what people would send, but for what an earlier answer told."""
    case = wanted.case
    sent = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    body = sent.get("application/json", {}).get("example")
    if body is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        told = {name for place, name in wanted.applied_parameters if place == BODY}
        made_up = case.body if isinstance(case.body, dict) else {}
        case.body = body | {name: made_up[name] for name in told if name in made_up}

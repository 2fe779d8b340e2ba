"""O7: what people with power did is in the audit log of the service that did it, once."""

from dataclasses import replace
from uuid import UUID

import pytest

from embedded.torture.history import History, Outcome
from embedded.torture.oracles.audits import (
    ENDED,
    UNEXPLAINED,
    Acts,
    Noted,
    acts_agree,
    ends_agree,
)
from embedded.torture.world import memo_of

OPERATOR = UUID(int=1)
DONE = Noted("POST /issuances", "a", str(OPERATOR))


@pytest.mark.parametrize(
    ("outcome", "there", "well"),
    [
        ("acknowledged", [DONE], True),
        ("acknowledged", [], False),
        ("acknowledged", [DONE, DONE], False),
        ("acknowledged", [replace(DONE, entity_id="b")], False),
        ("acknowledged", [replace(DONE, actor="somebody")], False),
        ("refused", [], True),
        ("refused", [DONE], False),
        ("unknown", [], True),
        ("unknown", [DONE], True),
        ("unknown", [DONE, DONE], False),
    ],
)
@pytest.mark.parametrize(("kind", "service"), [("issue", "ledger"), ("ruling", "marketplace")])
def test_an_act_is_in_the_audit_log_once(
    kind: str, service: str, outcome: Outcome, there: list[Noted], *, well: bool
) -> None:
    """Of the service that it was done in, with whom and what it was done to."""
    one = History().begin(kind, OPERATOR, "/v1/issuances", {}, "key")
    one.outcome, one.answer = outcome, {"id": "a"}
    acts: Acts = {(service, memo_of(0)): there} if there else {}
    assert (acts_agree([one], acts) == []) == well
    elsewhere: Acts = {("gateway", memo_of(0)): there} if there else {}
    assert (acts_agree([one], elsewhere) == []) == (well and not there)


def test_an_act_that_nobody_did_is_found() -> None:
    """Transfers of people are in the books, not in the audit log."""
    one = History().begin("transfer", OPERATOR, "/v1/transfers", {}, "key")
    assert acts_agree([one], {}) == []
    assert acts_agree([one], {("ledger", memo_of(0)): [DONE]})


@pytest.mark.parametrize(
    ("noted", "well"),
    [("a", False), ("ab", True), ("abc", True), ("abcd", False), ("aab", False), ("aabc", False)],
)
def test_each_session_that_was_ended_has_one_event(noted: str, *, well: bool) -> None:
    """Two were ended, of a third nobody knows; what else people do there has a reason."""
    history = History(ended={"one": 1.0, "other": 2.0}, unsettled={"third"})
    acts: Acts = {UNEXPLAINED: [Noted(ENDED, one, "somebody") for one in noted]}
    assert (ends_agree(history, acts) == []) == well
    assert acts_agree([], acts) == []
    assert acts_agree([], {UNEXPLAINED: [*acts[UNEXPLAINED], DONE]})

"""O7: what people with power did is in the audit log of the service that did it, once."""

from dataclasses import replace
from uuid import UUID

import pytest

from embedded.torture.history import History, Outcome
from embedded.torture.oracles.audits import Acts, Noted, acts_agree
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

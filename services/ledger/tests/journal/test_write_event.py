"""Events and answers are written by hand for speed: they are what the models would write."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
from asyncpg.pgproto import pgproto
from hypothesis import given
from hypothesis import strategies as st

from contracts.ledger import AccountType, EntryPosted, TransferPosted
from contracts.money import MAX_MINOR
from ledger.journal.models import Entry, Posted, Transfer
from ledger.journal.write_event import write_event
from ledger.transfers.lifecycle import answer_to, describe_transfer, record_of
from ledger.transfers.models import TransferAnswer

ids = st.one_of(st.uuids(), st.uuids().map(lambda one: pgproto.UUID(str(one))))
minors = st.integers(-MAX_MINOR, MAX_MINOR)
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given its zone beside it
types: st.SearchStrategy[AccountType] = st.sampled_from(["MAIN", "ESCROW", "FEES"])
entries = st.builds(
    Entry,
    account_id=ids,
    owner_id=st.none() | ids,
    account_type=types,
    asset=st.sampled_from(["LXC", "ETH"]),
    account_seq=st.integers(1, 2**40),
    amount_minor=minors,
    balance_after_minor=minors,
    held_after_minor=st.integers(0, MAX_MINOR),
    held_minor=minors,
)
metadata = st.fixed_dictionaries(
    {},
    optional={
        "memo": st.text(max_size=20),
        "reason": st.text(max_size=20),
        "fees": st.just({"items": [["PLATFORM", "12"]], "schedules": []}),
    },
)
posted = st.builds(
    Posted,
    transfer=st.builds(
        Transfer,
        id=ids,
        kind=st.just("transfer"),
        movements=st.just(()),
        reverses=st.none() | ids,
        metadata=metadata,
    ),
    entries=st.lists(entries, min_size=1, max_size=4).map(tuple),
    effective_at=times,
    posted_at=times,
)


@given(posted)
def test_an_event_is_what_its_model_would_write(one: Posted) -> None:
    """Payload, key and audience, field by field."""
    written = write_event(one)
    model = TransferPosted(
        transfer_id=UUID(str(one.transfer.id)),
        kind=one.transfer.kind,
        effective_at=one.effective_at,
        posted_at=one.posted_at,
        reverses=one.transfer.reverses,
        entries=tuple(
            EntryPosted(
                account_id=entry.account_id,
                account_seq=entry.account_seq,
                owner_id=entry.owner_id,
                account_type=entry.account_type,
                asset=entry.asset,
                amount_minor=entry.amount_minor,
                balance_after_minor=entry.balance_after_minor,
                held_minor=entry.held_minor,
                held_after_minor=entry.held_after_minor,
            )
            for entry in one.entries
        ),
    )
    assert orjson.loads(written.payload) == orjson.loads(model.model_dump_json())
    assert (written.key, written.audience) == (model.key(), model.audience())
    assert (written.type, written.aggregate_version) == (TransferPosted, model.aggregate_version())


@given(posted, st.booleans())
def test_an_answer_is_what_its_model_would_write(one: Posted, operator: bool) -> None:
    """What is answered to a write reads like what is answered to a read."""
    viewer = None if operator else one.entries[0].owner_id
    answer = answer_to(one, viewer)
    model = TransferAnswer.model_validate(describe_transfer(record_of(one), viewer))
    assert orjson.loads(answer.body) == model.model_dump(mode="json")
    assert answer.headers == {"Location": f"/v1/transfers/{one.transfer.id}"}

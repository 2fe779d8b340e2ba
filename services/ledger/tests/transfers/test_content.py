"""What a key of a transfer stands for: written by hand for speed."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ledger.transfers.models import SendMoney

times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given its zone beside it
wishes = st.builds(
    SendMoney,
    from_account=st.uuids(),
    to_account=st.uuids(),
    amount=st.just("1.00"),
    asset=st.just("LXC"),
    memo=st.none() | st.text("abc", min_size=1, max_size=9),
    effective_at=st.none() | times,
    fee_quote=st.none() | st.uuids(),
)


@given(wishes)
def test_the_content_is_what_the_model_would_write(wish: SendMoney) -> None:
    """But for a time and a quote that are not given: keys of before knew neither."""
    unsaid = {name for name in ("effective_at", "fee_quote") if getattr(wish, name) is None}
    assert wish.content() == wish.model_dump(mode="json", exclude=unsaid)


def test_a_person_is_part_of_the_content() -> None:
    """Whoever is to get it is named by account or by person."""
    someone = "01a1fdfa-0000-7000-8000-0000000000f0"
    wish = SendMoney.model_validate(
        {"from_account": someone, "to_user": someone, "amount": "1", "asset": "LXC"}
    )
    assert wish.content() == wish.model_dump(mode="json", exclude={"effective_at", "fee_quote"})

"""Problems of trades, in the order in which they are looked for."""

from uuid import UUID

from chassis.problems import Forbidden, Malformed, Missing, Refused
from contracts.money import render_amount


class NoSuchTrade(Missing):
    """There is no such trade, or the caller has no part in it."""

    title = "There is no such trade"

    def __init__(self, trade_id: UUID) -> None:
        """Name it."""
        super().__init__(f"you have no part in a trade {trade_id}")


class IllegalStep(Refused):
    """The trade's state has no such step."""

    title = "The trade is not at that step"

    def __init__(self, action: str, state: str, possible: list[str]) -> None:
        """Say where the trade is and what is possible there."""
        super().__init__(
            f"a trade that is {state} has no step {action}",
            action=action,
            state=state,
            possible=possible,
        )


class NotYourStep(Forbidden):
    """The step is for the other party, or for an operator who has no part in the trade."""

    title = "This step is not yours"

    def __init__(self, action: str, whose: str) -> None:
        """Say whose it is."""
        super().__init__(f"{action} is for the {whose}", action=action, whose=whose)


class NotDisputed(Forbidden):
    """What the parties say to each other is theirs, until they ask an operator to decide."""

    title = "The trade is not disputed"

    def __init__(self, state: str) -> None:
        """Say where the trade is."""
        super().__init__(
            f"operators read what is said in disputed trades; this one is {state}", state=state
        )


class OwnItem(Refused):
    """Nobody trades with themselves."""

    title = "The item is your own"


class NotForCredits(Refused):
    """Gifts have no price to offer, and a barter wants items."""

    title = "The item is not for credits"


class NotForBarter(Refused):
    """Items are given in exchange only for what is offered for barter."""

    title = "The item is not for barter"


class NotYoursToGive(Refused):
    """In a barter people give items of their own."""

    title = "The item is not yours to give"


class Unnamed(Malformed):
    """The offer lacks what this kind of item needs, or says what it has no use for."""

    title = "The offer does not fit the item"

    def __init__(self, field: str, rule: str, message: str) -> None:
        """Name the field."""
        super().__init__(
            f"check {field}: {message}",
            errors=[{"field": field, "rule": rule, "message": message}],
        )


class NoGiftCredits(Refused):
    """Gift credits are spent on items that take them."""

    title = "The item takes no gift credits"


class GiftBeyondPrice(Malformed):
    """Gift credits pay the price, or a part of it."""

    title = "Gift credits pay more than the price"

    def __init__(self, price_minor: int, asset: str) -> None:
        """Say what the price is."""
        price = render_amount(price_minor, asset)
        message = f"is at most the price, {price} {asset}"
        super().__init__(
            f"check gift_amount: it {message}",
            price=price,
            errors=[{"field": "gift_amount", "rule": "range", "message": message}],
        )


class NoCodeInBarter(Refused):
    """In a barter both hand over, and both say so: a code of one of them would prove half of it."""

    title = "A barter has no code"


class AssetDiffers(Refused):
    """The price is in another asset than the item's."""

    title = "The asset differs"

    def __init__(self, asset: str) -> None:
        """Say which asset it is."""
        super().__init__(f"the price is in {asset}", field="asset", expected=asset)


class AmountNotPositive(Malformed):
    """Nothing is paid with nothing."""

    title = "The amount is zero"

    def __init__(self, field: str) -> None:
        """Name the field."""
        super().__init__(
            f"check {field}: it is more than zero",
            errors=[{"field": field, "rule": "positive", "message": "is more than zero"}],
        )


class PartNotWithin(Malformed):
    """A part is less than the whole: for all of it there is the refund."""

    title = "The part is not less than the whole"

    def __init__(self, field: str, amount_minor: int, asset: str) -> None:
        """Say what the whole is."""
        whole = render_amount(amount_minor, asset)
        super().__init__(
            f"check {field}: it is less than {whole} {asset}, which is all of it",
            whole=whole,
            errors=[{"field": field, "rule": "below", "message": f"is less than {whole}"}],
        )


class RefundOnlyGrows(Refused):
    """The buyer may rely on what the seller agreed to."""

    title = "What was agreed is not taken back"

    def __init__(self, agreed_minor: int, asset: str) -> None:
        """Say what was agreed."""
        agreed = render_amount(agreed_minor, asset)
        super().__init__(f"{agreed} {asset} was agreed: name more than that", agreed=agreed)


class CodeNeeded(Refused):
    """The buyer made a code: it is entered at the hand-over."""

    title = "The buyer's code is needed"

    def __init__(self, attempts_left: int) -> None:
        """Say how often it can be tried."""
        super().__init__(
            "the buyer made a code for this hand-over: ask them to show it, and send it as `code`",
            field="code",
            attempts_left=attempts_left,
        )


class CodeWrong(Refused):
    """It is another code."""

    title = "The code is wrong"

    def __init__(self, attempts_left: int) -> None:
        """Say how often it can still be tried."""
        super().__init__(
            f"this is not the buyer's code; {attempts_left} attempts are left",
            field="code",
            attempts_left=attempts_left,
        )


class CodeLocked(Refused):
    """Too many wrong attempts: only the buyer can go on."""

    title = "The code is locked"

    def __init__(self) -> None:
        """Say who can help."""
        super().__init__(
            "it was entered wrong too often: ask the buyer to make another one",
            field="code",
            attempts_left=0,
        )


class NoCodeMade(Refused):
    """There is no code to compare with."""

    title = "The buyer has made no code"

    def __init__(self) -> None:
        """Say what is possible."""
        super().__init__(
            "ask the buyer to make a code, or hand over without one if both of you agree",
            field="code",
        )


class CodesUsedUp(Refused):
    """The buyer has made as many codes as a trade may have."""

    title = "No further code can be made"

    def __init__(self, most: int) -> None:
        """Say how many there may be."""
        super().__init__(
            f"a trade has at most {most} codes; hand over without one, or dispute", most=most
        )

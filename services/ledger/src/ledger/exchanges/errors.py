"""Problems of exchanges."""

from chassis.problems import Missing, Refused


class SameAsset(Refused):
    """There is nothing to exchange."""

    title = "Both sides are the same asset"


class NoExchangeRate(Refused):
    """No rate for these assets is in force."""

    title = "There is no rate for this exchange"


class RateInThePast(Refused):
    """A new rate takes effect later than now."""

    title = "A rate cannot take effect in the past"


class RateExists(Refused):
    """There is a rate for these assets and time; rates are never edited."""

    title = "There is a rate for these assets and this time"


class ExchangeTooSmall(Refused):
    """So little is exchanged that nothing of the other asset comes of it."""

    title = "Nothing would come of so little"


class ExchangeTooLarge(Refused):
    """What comes of it has more digits than a balance can have."""

    title = "More would come of it than an account can hold"


class NoSuchExchangeQuote(Missing):
    """There is no such quote, or it was given to somebody else."""

    title = "There is no such quote"


class ExchangeQuoteDiffers(Refused):
    """The quote was given for another account, asset or amount."""

    title = "The quote is for something else"


class ExchangeQuoteExpired(Refused):
    """The promise of the quote is over."""

    title = "The quote has expired"


class ExchangeQuoteUsed(Refused):
    """A quote is for one exchange."""

    title = "The quote has been used"


class NotEnoughLiquidity(Refused):
    """The community has less of the other asset than the exchange takes."""

    title = "There is not enough of the other asset"

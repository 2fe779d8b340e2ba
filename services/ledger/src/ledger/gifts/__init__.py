"""Gifts: credits given into somebody's GIFT account, spent where gifts are accepted.

Each gift is a lot: OPEN -> SPENT | EXPIRED; what an escrow gives back makes it OPEN again. Spending
takes first from the lot that expires first; what is left of a lot when its time is over returns to
its giver. Lots add up to the balance of the account: each version of a lot is made by a transfer of
kind `gift.give`, `.spend` or `.expire`, or of an escrow's `gift.fund`, `.refund` or `.split`, and
the database compares the two at commit. Hears a timer for each gift that expires; emits GiftGiven,
GiftSpent, GiftReturned and GiftExpired on `ledger.gifts.v1`, keyed by account.
"""

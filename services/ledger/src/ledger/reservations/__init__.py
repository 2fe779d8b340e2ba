"""Money set aside, so that no other spending can use it.

States: ACTIVE (captured in part, perhaps) -> COMPLETED | RELEASED | EXPIRED. What is held is part
of the account's chain: to reserve, capture, release and expire are transfers of these kinds, so
that what was held at any time can be read back. Hears a timer for each reservation; emits
MoneyReserved, ReservationCaptured, ReservationReleased and ReservationExpired on
`ledger.reservations.v1`, keyed by account.
"""

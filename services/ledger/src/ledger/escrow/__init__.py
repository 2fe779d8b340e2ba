"""Money that waits between two people until one of them has delivered.

States: FUNDED -> RELEASED | REFUNDED; REFUSED (could not be funded) -> REFUNDED (closed empty); a
refund that comes before any funding leaves REFUNDED without terms, which refuses a late funding.
A split releases a part and gives the payer the other: RELEASED with what was refunded.
Hears FundEscrow (and FundEscrowWithGifts), ReleaseEscrow, SplitEscrow and RefundEscrow on
`ledger.escrow_commands.v1`; emits EscrowFunded, EscrowRefused, EscrowReleased and EscrowRefunded on
`ledger.escrow.v1`, keyed by escrow. The payee may accept a quoted price for the release while the
money waits.
"""

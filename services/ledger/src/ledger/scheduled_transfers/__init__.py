"""Transfers for later: kept until they are due, carried out once, called off, or failed.

PENDING -> POSTED | FAILED | CANCELLED. Hears a timer for each; emits TransferScheduled,
ScheduledTransferPosted, ScheduledTransferFailed and ScheduledTransferCancelled on
`ledger.scheduled_transfers.v1`, keyed by scheduled transfer. `POST /v1/transfers` makes them.
"""

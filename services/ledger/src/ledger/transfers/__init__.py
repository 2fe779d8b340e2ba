"""What people send each other: from one's MAIN account to another's, now or later.

A transfer for later is PENDING -> POSTED | FAILED | CANCELLED; hears a timer for each. Emits
TransferScheduled, ScheduledTransferPosted, ScheduledTransferFailed and ScheduledTransferCancelled
on `ledger.scheduled_transfers.v1`, keyed by scheduled transfer; what moves money the journal tells.
"""

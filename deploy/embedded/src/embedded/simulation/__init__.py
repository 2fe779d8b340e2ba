"""The real services in one thread, on storage, broker, clock and scheduler that a seed decides.

What decides is the real code: journal, escrow, reservations, trades, outbox, relay, inbox, timers
and stored answers, as `services/` and `libs/chassis` have it. What stands below it is made here:
`loop` (virtual time), `store` and `session` (rows, locks and transactions as Postgres has them,
without its triggers), `broker` (partitions, groups, acknowledgements). A `plan` is what a seed
means: people's wishes and faults, each with its time. `run` plays it and asks the `oracles`.
"""

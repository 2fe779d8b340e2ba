"""Webhooks: programs of others are told what concerns a person, and tell us what concerns them.

Signed as Standard Webhooks says. Out: each event is a `webhook_delivery` for each endpoint that
wants it, pending until it is delivered, or failed after the last of its tries; an endpoint that
fails again and again is paused, one that answers 410 is gone. In: verified, kept as it came, once.
Hears every event that has an audience (group `gateway.webhooks`). Owns `webhook_endpoint`,
`webhook_secret`, `webhook_delivery` and `webhook_received`.
"""

"""Analytics: what was searched, by whom in no readable form, and what it found.

Owns `query_log`. Hears and emits nothing.
"""

"""Analytics: what was searched, by whom in no readable form, what it found, and what was chosen.

Owns `query_log` and `search_click`. Operators read reports; sellers are shown what several people
looked for in vain. Hears and emits nothing.
"""

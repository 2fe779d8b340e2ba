"""Departures: who leaves is let go, may think again for a time, and is erased.

A departure begins when nothing is open between a person and others; sessions and keys end with it.
It is taken back by logging in and confirming, or its timer ends it: then what is open is asked
again, and what began meanwhile postpones it. States: leaving, then either here again or erased.
Owns no table (`leaving_at`, `erase_at` and `deleted_at` are the user's); what it does is said by
users and vault: `UserLeft`, `UserChanged`, `UserErasurePostponed`, `UserErased`, `VaultErased`.
"""

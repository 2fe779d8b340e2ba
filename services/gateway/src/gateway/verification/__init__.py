"""Codes that are sent to an address or number: to prove it one's own, or to reset a password.

A code has eight digits, lives for a quarter of an hour, may be tried five times, and only the
newest counts. Nobody learns whether an address is known: the answers and the work are the same.
Owns `one_time_code`. Emits and hears nothing.
"""

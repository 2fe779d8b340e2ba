"""Suggestions while somebody types: items, categories, and what several people searched for.

Owns nothing: items come from the index, words from a vocabulary that each process keeps for half a
minute. Hears and emits nothing.
"""

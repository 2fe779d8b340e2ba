"""Synonyms: words that mean the same, shipped or written by operators; effective within seconds.

Owns `synonym_rule`. Queries are widened when they are read, so no index is made anew. Hears and
emits nothing.
"""

"""Remembering: what was found a moment ago, for all of a community who ask the same.

Owns keys in Valkey, `search:found:*`, `search:epoch:*` and `search:lock:*`. An answer holds all
that searches could see a second before it was asked for; when the index has taken in a change, what
was found in its community before is forgotten at once. Hears and emits nothing.
"""

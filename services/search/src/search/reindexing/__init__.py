"""Reindexing: an index made anew by replay of the topic, compared, and put in the old one's place.

States: filling, checking, switching, done; failed. Owns `reindexing`. Begun by operators, by a new
mapping, and when the index was lost while the consumers' offsets stand. Emits nothing.
"""

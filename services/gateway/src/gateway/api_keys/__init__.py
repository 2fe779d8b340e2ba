"""API keys: what programs show instead of a person's session.

A key has scopes, is shown once and stored as a hash; it is rotated with an overlap, and says when
it was last used. It may be sent itself, or opened as a session of a quarter of an hour that is
renewed by refresh tokens: each is good once, and who shows a used one ends the whole family.
Owns `api_key`, `refresh_family` and `refresh_token`. Emits and hears nothing.
"""

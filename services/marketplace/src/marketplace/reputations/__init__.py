"""Reputation: what settled trades and revealed ratings say of a person, counted and explained.

A projection: hears trades and ratings (group `marketplace.reputations`), and counts anew whoever
they concern, from the trades and ratings themselves. Emits ReputationChanged on
`marketplace.reputations.v1` when the figures are others than before. Owns `reputation`.
"""

"""Sellers: what their ratings come to, as the marketplace reckons it.

Hears `ReputationChanged`, and `UserErased`, after which nothing of them is known any more. Owns
`seller_rating`, with how far a rating that has changed was brought into documents. Emits nothing.
"""

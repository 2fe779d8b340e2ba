"""Ratings: what the two of a settled trade say of each other, once each, revealed together.

A trade that was released or refunded can be rated for a time by both; a rating is hidden until the
other is in or the time is over, which a durable timer ends. Nothing is edited. Emits
RatingRevealed, without the words, on `marketplace.ratings.v1`. Owns `rating`.
"""

-- Forgets the ratings.

DROP TABLE rating;

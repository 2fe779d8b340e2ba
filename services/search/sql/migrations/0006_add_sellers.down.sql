-- Ratings of sellers are kept no more.

DROP TABLE seller_rating;

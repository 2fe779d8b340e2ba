-- Forgets the counts; trades and ratings tell them again.

DROP INDEX trade_settled_of_seller;
DROP INDEX trade_settled_of_buyer;
DROP TABLE reputation;

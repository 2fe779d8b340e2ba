-- Takes away price lists and promised prices.

DROP TABLE fee_quote;
DROP TABLE fee_schedule;

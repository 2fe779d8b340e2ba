-- Takes away exchanges, their promises and rates.

DROP TABLE exchange;
DROP TABLE exchange_quote;
DROP TABLE exchange_rate;

-- Takes away the prices that were accepted for releases.

DROP TABLE escrow_price;

-- Takes away what the index is compared with.

DROP TABLE parity_difference;
DROP TABLE parity_round;
DROP TABLE told_item;

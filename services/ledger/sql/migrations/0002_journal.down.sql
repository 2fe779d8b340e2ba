-- Takes away transfers, entries and refused attempts.

DROP TABLE refused_attempt;
DROP TABLE open_transfer;
DROP TABLE entry;
DROP TABLE transfer;

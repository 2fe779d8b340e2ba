-- Takes away escrow.

DROP TABLE escrow;

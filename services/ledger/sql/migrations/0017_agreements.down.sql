-- Takes away what was told of trades and escrows.

DROP TABLE trade_difference;
DROP TABLE trade_agreement;

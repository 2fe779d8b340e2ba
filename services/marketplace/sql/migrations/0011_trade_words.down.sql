-- Forgets what people said in trades.

DROP TABLE trade_statement;
DROP TABLE trade_message;

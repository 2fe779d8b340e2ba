-- Takes the trades away, their history and the rules of their moves.

DROP TABLE trade_step;
DROP TABLE trade;
DROP TABLE trade_move;

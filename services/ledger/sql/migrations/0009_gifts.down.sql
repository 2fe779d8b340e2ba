-- Takes away the lots of gifts; the money stays where it is.

DROP TABLE gift_lot_move;
DROP TABLE gift_lot;

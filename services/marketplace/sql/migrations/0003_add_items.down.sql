-- Takes the listings away with the rules of their statuses.

DROP TABLE item_move;
DROP TABLE item;

-- Takes away transfers for later; those that were carried out stay in the books.

DROP TABLE scheduled_transfer;

-- Forgets how far a new index is.

DROP TABLE reindexing;

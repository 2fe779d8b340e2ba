-- Nobody is told of reputations any more.

DELETE FROM timer WHERE kind = 'reputations.tell';
ALTER TABLE reputation DROP COLUMN version;

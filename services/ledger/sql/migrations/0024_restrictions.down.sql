-- Accounts alone show who is restricted, as far as they were there.

DROP TABLE restriction;

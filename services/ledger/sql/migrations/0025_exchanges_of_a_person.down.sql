-- Finds exchanges by their transfer alone.

DROP INDEX exchange_of_account;

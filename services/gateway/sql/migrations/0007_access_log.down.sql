-- Forgets who looked at whose data.

DROP TABLE access_log;

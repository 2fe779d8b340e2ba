-- Forgets which hits people chose.

DROP INDEX query_log_of_community;
DROP TABLE search_click;

-- Takes back 0001_add_query_log.

DROP TABLE query_log_salt;
DROP TABLE query_log;

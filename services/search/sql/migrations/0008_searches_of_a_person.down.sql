-- Finds searches by time and community alone.

DROP INDEX query_log_of_person;

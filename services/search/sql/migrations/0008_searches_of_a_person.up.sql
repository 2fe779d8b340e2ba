-- Whoever searched can read what is kept of it, by the hash that stands for them.

CREATE INDEX query_log_of_person ON query_log (user_hash, query_id);

-- Forgets who watches and searches for what.

DROP TABLE saved_search_digest;
DROP TABLE saved_search_match;
DROP TABLE item_arrival;
DROP TABLE saved_search;
DROP TABLE watch_notice;
DROP TABLE item_watch;

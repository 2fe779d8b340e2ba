-- Forgets profiles, progress and codes that were sent.

DROP TABLE progress;
DROP TABLE profile;
DROP TABLE one_time_code;

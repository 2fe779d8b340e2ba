-- What was repaired and brought in stays; only the trail goes.
DROP TABLE history_refusal;
DROP TABLE history_import;
DROP TABLE projection_repair;

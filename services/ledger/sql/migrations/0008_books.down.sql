-- What was repaired stays repaired; only the trail goes.
DROP TABLE projection_repair;

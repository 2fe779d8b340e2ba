-- A community begins again when somebody registers with its name.

DROP INDEX users_community;
ALTER TABLE users DROP CONSTRAINT users_community_is_known;
DROP TABLE community;

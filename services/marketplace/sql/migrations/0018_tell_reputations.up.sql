-- A reputation counts how often it has changed, so that others can be told of it; those that are there already are told once.

ALTER TABLE reputation ADD COLUMN version bigint NOT NULL DEFAULT 0
CONSTRAINT reputation_version_not_negative CHECK (version >= 0);

COMMENT ON COLUMN reputation.version IS 'How often it has changed; 0 when nobody was ever told.';

GRANT UPDATE (version) ON reputation TO marketplace;

INSERT INTO timer (kind, key, due_at) VALUES ('reputations.tell', '', clock_timestamp());

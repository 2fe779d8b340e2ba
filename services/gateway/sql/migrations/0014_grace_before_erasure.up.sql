-- Who leaves is erased after a time in which they may think again; until then nobody is let in as them.

ALTER TABLE users ADD COLUMN leaving_at timestamptz, ADD COLUMN erase_at timestamptz;

-- Who left before there was such a time was erased at once.
UPDATE users SET leaving_at = deleted_at, erase_at = deleted_at WHERE deleted_at IS NOT NULL;

ALTER TABLE users
ADD CONSTRAINT users_leaving_whole CHECK ((leaving_at IS NULL) = (erase_at IS NULL)),
ADD CONSTRAINT users_erased_later CHECK (erase_at >= leaving_at),
-- Nobody is erased who has not asked for it, nor before the time that they were told.
ADD CONSTRAINT users_erased_after_grace
CHECK (deleted_at IS NULL OR (erase_at IS NOT NULL AND deleted_at >= erase_at));

GRANT UPDATE (leaving_at, erase_at) ON users TO gateway;

ALTER TABLE challenge
DROP CONSTRAINT challenge_purpose_known,
ADD CONSTRAINT challenge_purpose_known
CHECK (purpose IN ('log-in', 'step-up', 'add-passkey', 'stay'));

-- Who leaves is gone at once. Who was about to leave stays: nobody has erased them.

DELETE FROM challenge WHERE purpose = 'stay';

ALTER TABLE challenge
DROP CONSTRAINT challenge_purpose_known,
ADD CONSTRAINT challenge_purpose_known CHECK (purpose IN ('log-in', 'step-up', 'add-passkey'));

ALTER TABLE users
DROP CONSTRAINT users_erased_after_grace,
DROP CONSTRAINT users_erased_later,
DROP CONSTRAINT users_leaving_whole,
DROP COLUMN erase_at,
DROP COLUMN leaving_at;

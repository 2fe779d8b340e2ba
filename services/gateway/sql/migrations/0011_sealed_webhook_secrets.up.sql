-- Secrets of webhooks are wrapped by a key that is not in the database, so that who reads the tables can sign nothing; and what came in is forgotten in its time.

ALTER TABLE webhook_secret DROP CONSTRAINT webhook_secret_pkey;
ALTER TABLE webhook_secret
ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
ADD COLUMN wrapping_key text
CONSTRAINT webhook_secret_wrapping_key_form CHECK (wrapping_key ~ '^[a-z0-9][a-z0-9-]{3,62}$'),
-- A nonce, 32 bytes and a tag.
ADD COLUMN wrapped bytea CONSTRAINT webhook_secret_wrapped_length CHECK (octet_length(wrapped) = 60),
ALTER COLUMN secret DROP NOT NULL;
ALTER TABLE webhook_secret
ADD PRIMARY KEY (id),
-- What was written before this migration is in the clear until a job has sealed it.
ADD CONSTRAINT webhook_secret_sealed_whole CHECK (
    (secret IS NULL) = (wrapped IS NOT NULL) AND (wrapped IS NULL) = (wrapping_key IS NULL)
);

CREATE INDEX webhook_secret_by_endpoint ON webhook_secret (endpoint_id);
CREATE INDEX webhook_received_at ON webhook_received (received_at);

-- Nobody writes one in the clear any more.
REVOKE INSERT ON webhook_secret FROM gateway;
GRANT INSERT (id, endpoint_id, wrapping_key, wrapped, created_at) ON webhook_secret TO gateway;
GRANT UPDATE (secret, wrapping_key, wrapped) ON webhook_secret TO gateway;
GRANT DELETE ON webhook_received TO gateway;

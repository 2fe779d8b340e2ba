-- Secrets are in the clear again. What is sealed cannot be opened here and goes: such endpoints need a new secret.

REVOKE DELETE ON webhook_received FROM gateway;
REVOKE UPDATE (secret, wrapping_key, wrapped) ON webhook_secret FROM gateway;
REVOKE INSERT (id, endpoint_id, wrapping_key, wrapped, created_at) ON webhook_secret FROM gateway;
GRANT INSERT ON webhook_secret TO gateway;
DROP INDEX webhook_received_at;
DROP INDEX webhook_secret_by_endpoint;
DELETE FROM webhook_secret WHERE secret IS NULL;
ALTER TABLE webhook_secret
DROP CONSTRAINT webhook_secret_sealed_whole,
DROP CONSTRAINT webhook_secret_pkey;
ALTER TABLE webhook_secret
DROP COLUMN wrapped,
DROP COLUMN wrapping_key,
DROP COLUMN id,
ALTER COLUMN secret SET NOT NULL,
ADD PRIMARY KEY (endpoint_id, secret);

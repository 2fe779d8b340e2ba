-- Personal data under a key of each person's own: whoever reads the tables alone reads nothing, and a destroyed key forgets a person.

CREATE TABLE vault_rule (
    field text PRIMARY KEY CONSTRAINT vault_rule_field_form CHECK (field ~ '^[a-z][a-z_]{1,40}$'),
    kind text NOT NULL CONSTRAINT vault_rule_kind_known CHECK (kind IN ('PII', 'FINANCIAL', 'DOCUMENT')),
    sensitivity text NOT NULL
    CONSTRAINT vault_rule_sensitivity_known CHECK (sensitivity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    readers text [] NOT NULL CONSTRAINT vault_rule_readers_known CHECK (readers <@ ARRAY['OPERATOR', 'ADMIN'])
);

COMMENT ON TABLE vault_rule IS
'What may be kept, how sensitive it is, and who besides its owner may read it, with a reason.';

INSERT INTO vault_rule (field, kind, sensitivity, readers) VALUES
('legal_name', 'PII', 'MEDIUM', ARRAY['OPERATOR', 'ADMIN']),
('phone', 'PII', 'MEDIUM', ARRAY['OPERATOR', 'ADMIN']),
('postal_address', 'PII', 'HIGH', ARRAY['OPERATOR', 'ADMIN']),
('date_of_birth', 'PII', 'HIGH', ARRAY['OPERATOR', 'ADMIN']),
('nationality', 'PII', 'MEDIUM', ARRAY['OPERATOR', 'ADMIN']),
('bank_account', 'FINANCIAL', 'CRITICAL', ARRAY['ADMIN']),
('tax_number', 'FINANCIAL', 'CRITICAL', ARRAY['ADMIN']),
('identity_document', 'DOCUMENT', 'CRITICAL', ARRAY['ADMIN']),
('proof_of_address', 'DOCUMENT', 'HIGH', ARRAY['OPERATOR', 'ADMIN']);

CREATE TABLE vault_key (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    id uuid NOT NULL CONSTRAINT vault_key_once UNIQUE,
    wrapping_key text CONSTRAINT vault_key_wrapping_form CHECK (wrapping_key ~ '^[a-z0-9][a-z0-9-]{3,62}$'),
    -- Nonce, key and tag of AES-256-GCM.
    wrapped bytea CONSTRAINT vault_key_wrapped_length CHECK (octet_length(wrapped) = 60),
    created_at timestamptz NOT NULL,
    wrapped_at timestamptz,
    destroyed_at timestamptz,
    CONSTRAINT vault_key_destroyed_whole CHECK (
        (destroyed_at IS NULL AND wrapped IS NOT NULL AND wrapping_key IS NOT NULL AND wrapped_at IS NOT NULL)
        OR (destroyed_at IS NOT NULL AND wrapped IS NULL AND wrapping_key IS NULL AND wrapped_at IS NULL)
    )
);

CREATE INDEX vault_key_wrapping ON vault_key (wrapping_key) WHERE wrapping_key IS NOT NULL;

CREATE TABLE vault_field (
    user_id uuid NOT NULL REFERENCES vault_key (user_id),
    field text NOT NULL REFERENCES vault_rule (field),
    algorithm text NOT NULL CONSTRAINT vault_field_algorithm_known CHECK (algorithm = 'AES-256-GCM'),
    data_key_id uuid NOT NULL REFERENCES vault_key (id),
    version integer NOT NULL CONSTRAINT vault_field_version_positive CHECK (version > 0),
    ciphertext bytea NOT NULL
    CONSTRAINT vault_field_ciphertext_length CHECK (octet_length(ciphertext) BETWEEN 29 AND 65536),
    written_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, field)
);

GRANT SELECT ON vault_rule TO gateway;
GRANT SELECT, INSERT ON vault_key TO gateway;
GRANT UPDATE (wrapping_key, wrapped, wrapped_at, destroyed_at) ON vault_key TO gateway;
-- What is encrypted is read through a function that writes down who reads it.
GRANT SELECT (user_id, field, algorithm, data_key_id, version, written_at) ON vault_field TO gateway;
GRANT INSERT, DELETE ON vault_field TO gateway;
GRANT UPDATE (algorithm, data_key_id, version, ciphertext, written_at) ON vault_field TO gateway;

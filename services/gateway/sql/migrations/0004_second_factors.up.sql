-- Second factors: what proves a person besides their password, each kept so that reading the tables gives nobody in.

CREATE TABLE totp (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    sealed bytea NOT NULL,
    key_id text NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint,
    CONSTRAINT totp_confirmed_by_a_step CHECK ((confirmed_at IS NULL) = (last_step IS NULL))
);

CREATE TABLE recovery_code (
    user_id uuid NOT NULL REFERENCES users (id),
    code_hash bytea NOT NULL
    CONSTRAINT recovery_code_hash_length CHECK (octet_length(code_hash) = 32),
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE passkey (
    credential_id bytea PRIMARY KEY
    CONSTRAINT passkey_credential_id_length CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    id uuid NOT NULL CONSTRAINT passkey_id_once UNIQUE,
    user_id uuid NOT NULL REFERENCES users (id),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CONSTRAINT passkey_sign_count_not_negative CHECK (sign_count >= 0),
    name text NOT NULL CONSTRAINT passkey_name_length CHECK (char_length(name) BETWEEN 1 AND 80),
    backed_up boolean NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz
);

CREATE INDEX passkey_by_user ON passkey (user_id);

CREATE TABLE challenge (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL
    CONSTRAINT challenge_token_hash_length CHECK (octet_length(token_hash) = 32),
    user_id uuid NOT NULL REFERENCES users (id),
    purpose text NOT NULL
    CONSTRAINT challenge_purpose_known CHECK (purpose IN ('log-in', 'step-up', 'add-passkey')),
    nonce bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0
    CONSTRAINT challenge_attempts_bounded CHECK (attempts BETWEEN 0 AND 5),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT challenge_token_once UNIQUE (token_hash),
    CONSTRAINT challenge_expires_later CHECK (expires_at > created_at)
);

CREATE INDEX challenge_expires ON challenge (expires_at);
CREATE INDEX challenge_by_user ON challenge (user_id);

GRANT SELECT, INSERT, DELETE ON totp, recovery_code, passkey, challenge TO gateway;
GRANT UPDATE (sealed, key_id, created_at, confirmed_at, last_step) ON totp TO gateway;
GRANT UPDATE (used_at) ON recovery_code TO gateway;
GRANT UPDATE (sign_count, backed_up, last_used_at) ON passkey TO gateway;
GRANT UPDATE (attempts, used_at) ON challenge TO gateway;

-- People, how they are known and how they log in: each in its own table, so that what is secret can be encrypted or erased alone.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    display_name text NOT NULL
    CONSTRAINT users_display_name_length CHECK (char_length(display_name) BETWEEN 1 AND 80),
    community text NOT NULL
    CONSTRAINT users_community_form CHECK (community ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    roles text [] NOT NULL
    CONSTRAINT users_roles_known CHECK (
        cardinality(roles) > 0
        AND roles <@ ARRAY['MEMBER', 'VENDOR', 'RETAILER', 'OPERATOR', 'ADMIN']
    ),
    version integer NOT NULL DEFAULT 1 CONSTRAINT users_version_positive CHECK (version > 0),
    created_at timestamptz NOT NULL
);

CREATE TABLE login_identity (
    kind text NOT NULL CONSTRAINT login_identity_kind_known CHECK (kind IN ('email')),
    value_normalised text NOT NULL
    CONSTRAINT login_identity_value_length CHECK (char_length(value_normalised) BETWEEN 3 AND 254),
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    CONSTRAINT login_identity_once PRIMARY KEY (kind, value_normalised)
);

CREATE INDEX login_identity_user ON login_identity (user_id);

CREATE TABLE user_password (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    hash text NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    token_hash bytea NOT NULL
    CONSTRAINT session_token_hash_length CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT session_token_once UNIQUE (token_hash),
    CONSTRAINT session_expires_later CHECK (expires_at > created_at)
);

CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE login_attempt (
    subject bytea PRIMARY KEY,
    attempts integer NOT NULL CONSTRAINT login_attempt_counted CHECK (attempts > 0),
    last_at timestamptz NOT NULL
);

CREATE INDEX login_attempt_last ON login_attempt (last_at);

GRANT SELECT, INSERT ON users, login_identity, user_password, session, login_attempt TO gateway;
GRANT UPDATE (roles, version) ON users TO gateway;
GRANT UPDATE (hash, changed_at) ON user_password TO gateway;
GRANT UPDATE (last_seen_at, revoked_at) ON session TO gateway;
GRANT UPDATE (attempts, last_at) ON login_attempt TO gateway;
GRANT DELETE ON session, login_attempt TO gateway;

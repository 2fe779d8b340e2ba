-- Roles change by a route and leave a trail; programs have keys with scopes, and sessions that are renewed by families of tokens.

CREATE TABLE role_change (
    user_id uuid NOT NULL REFERENCES users (id),
    version integer NOT NULL,
    changed_by uuid REFERENCES users (id),
    before text [] NOT NULL,
    after text [] NOT NULL,
    reason text NOT NULL CONSTRAINT role_change_reason_length CHECK (char_length(reason) BETWEEN 1 AND 200),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, version)
);

CREATE INDEX role_change_by ON role_change (changed_by);
CREATE INDEX users_admins ON users (id) WHERE roles @> ARRAY['ADMIN'];

CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    name text NOT NULL CONSTRAINT api_key_name_length CHECK (char_length(name) BETWEEN 1 AND 80),
    token_hash bytea NOT NULL
    CONSTRAINT api_key_token_hash_length CHECK (octet_length(token_hash) = 32),
    hint text NOT NULL CONSTRAINT api_key_hint_length CHECK (char_length(hint) = 4),
    scopes text [] NOT NULL
    CONSTRAINT api_key_scopes_bounded CHECK (cardinality(scopes) BETWEEN 1 AND 64),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    replaced_by uuid REFERENCES api_key (id),
    CONSTRAINT api_key_token_once UNIQUE (token_hash),
    CONSTRAINT api_key_replaced_once UNIQUE (replaced_by),
    CONSTRAINT api_key_lives_a_year CHECK (
        expires_at >= created_at AND expires_at <= created_at + interval '366 days'
    )
);

CREATE INDEX api_key_by_user ON api_key (user_id, created_at);

CREATE TABLE refresh_family (
    id uuid PRIMARY KEY,
    api_key_id uuid NOT NULL REFERENCES api_key (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text CONSTRAINT refresh_family_ended_by_known CHECK (ended_by IN ('reuse', 'key')),
    CONSTRAINT refresh_family_ended_whole CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);

CREATE INDEX refresh_family_by_key ON refresh_family (api_key_id) WHERE ended_at IS NULL;
CREATE INDEX refresh_family_expires ON refresh_family (expires_at);

CREATE TABLE refresh_token (
    token_hash bytea PRIMARY KEY
    CONSTRAINT refresh_token_hash_length CHECK (octet_length(token_hash) = 32),
    family_id uuid NOT NULL REFERENCES refresh_family (id) ON DELETE CASCADE,
    generation integer NOT NULL CONSTRAINT refresh_token_generation_positive CHECK (generation > 0),
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT refresh_token_generation_once UNIQUE (family_id, generation)
);

-- Of a family one token can be used: who shows another has seen what is not theirs.
CREATE UNIQUE INDEX refresh_token_one_open ON refresh_token (family_id) WHERE used_at IS NULL;

ALTER TABLE session ADD COLUMN family_id uuid;
ALTER TABLE session ADD COLUMN scopes text [];
ALTER TABLE session ADD CONSTRAINT session_of_a_program CHECK ((family_id IS NULL) = (scopes IS NULL));
CREATE INDEX session_by_family ON session (family_id) WHERE family_id IS NOT NULL;

GRANT SELECT, INSERT ON role_change, api_key, refresh_family, refresh_token TO gateway;
GRANT UPDATE (display_name, community) ON users TO gateway;
GRANT UPDATE (expires_at, last_used_at, revoked_at, replaced_by) ON api_key TO gateway;
GRANT UPDATE (ended_at, ended_by) ON refresh_family TO gateway;
GRANT UPDATE (used_at) ON refresh_token TO gateway;
GRANT DELETE ON refresh_family TO gateway;

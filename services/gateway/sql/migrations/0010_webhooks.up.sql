-- What is told to the programs of others and what they tell us: each telling is a row, so that it is tried again until it is heard, and seen.

CREATE TABLE webhook_endpoint (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    url text NOT NULL
    CONSTRAINT webhook_endpoint_url_form CHECK (url ~ '^https?://' AND char_length(url) <= 2000),
    event_types text [] NOT NULL
    CONSTRAINT webhook_endpoint_types_bounded CHECK (cardinality(event_types) <= 50),
    state text NOT NULL DEFAULT 'active'
    CONSTRAINT webhook_endpoint_state_known CHECK (state IN ('active', 'removed', 'gone')),
    failures integer NOT NULL DEFAULT 0
    CONSTRAINT webhook_endpoint_failures_counted CHECK (failures >= 0),
    paused_until timestamptz,
    created_at timestamptz NOT NULL
);

CREATE INDEX webhook_endpoint_by_user ON webhook_endpoint (user_id) WHERE state = 'active';

CREATE TABLE webhook_secret (
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id),
    secret text NOT NULL
    CONSTRAINT webhook_secret_form CHECK (secret ~ '^whsec_[A-Za-z0-9+/]{43}=$'),
    created_at timestamptz NOT NULL,
    ends_at timestamptz,
    PRIMARY KEY (endpoint_id, secret)
);

CREATE UNIQUE INDEX webhook_secret_one_lasts ON webhook_secret (endpoint_id) WHERE ends_at IS NULL;

CREATE TABLE webhook_delivery (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id),
    event_id uuid NOT NULL,
    type_name text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'pending'
    CONSTRAINT webhook_delivery_state_known CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0
    CONSTRAINT webhook_delivery_attempts_counted CHECK (attempts >= 0),
    answered integer,
    error text,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    CONSTRAINT webhook_delivery_once UNIQUE (endpoint_id, event_id)
);

CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_created ON webhook_delivery (created_at);

CREATE TABLE webhook_received (
    source text NOT NULL,
    id text NOT NULL CONSTRAINT webhook_received_id_length CHECK (char_length(id) BETWEEN 1 AND 200),
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT webhook_received_once PRIMARY KEY (source, id)
);

GRANT SELECT, INSERT ON webhook_endpoint, webhook_secret, webhook_delivery, webhook_received
TO gateway;
GRANT UPDATE (state, failures, paused_until) ON webhook_endpoint TO gateway;
GRANT UPDATE (ends_at) ON webhook_secret TO gateway;
GRANT UPDATE (state, attempts, answered, error, due_at, done_at) ON webhook_delivery TO gateway;
GRANT DELETE ON webhook_secret, webhook_delivery TO gateway;

-- Monitors: somebody wants to be told when an account's figure crosses a line, once a crossing.

CREATE TABLE monitor (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES account,
    asset text NOT NULL REFERENCES asset,
    kind text NOT NULL CONSTRAINT monitor_kind_known CHECK (
        kind IN ('above', 'below', 'soft_limit', 'rise', 'fall')
    ),
    threshold_minor numeric(38, 0) NOT NULL,
    hysteresis_minor numeric(38, 0) NOT NULL CONSTRAINT monitor_hysteresis_not_negative CHECK (
        hysteresis_minor >= 0
    ),
    window_seconds integer CONSTRAINT monitor_window_in_range CHECK (
        window_seconds BETWEEN 1 AND 31536000
    ),
    label text,
    beyond boolean NOT NULL,
    seen_seq bigint NOT NULL CONSTRAINT monitor_seen_not_negative CHECK (seen_seq >= 0),
    crossings integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT monitor_trend_has_window CHECK (
        (kind IN ('rise', 'fall')) = (window_seconds IS NOT NULL)
    ),
    CONSTRAINT monitor_trend_positive CHECK (kind NOT IN ('rise', 'fall') OR threshold_minor > 0)
);

CREATE INDEX monitor_owner ON monitor (owner_id, id);
CREATE INDEX monitor_watching ON monitor (id) WHERE ended_at IS NULL;

-- What was told: one row an event, whatever is repeated.
CREATE TABLE monitor_crossing (
    monitor_id uuid NOT NULL REFERENCES monitor,
    account_seq bigint NOT NULL,
    transfer_id uuid NOT NULL,
    observed_minor numeric(39, 0) NOT NULL,
    crossed_at timestamptz NOT NULL,
    PRIMARY KEY (monitor_id, account_seq)
);

GRANT SELECT, INSERT ON monitor, monitor_crossing TO ledger;
GRANT UPDATE (beyond, seen_seq, crossings, ended_at) ON monitor TO ledger;

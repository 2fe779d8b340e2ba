-- What each person may see live, numbered without gaps, so that a stream can be resumed where it broke off.

CREATE TABLE live_counter (
    user_id uuid PRIMARY KEY,
    last_seq bigint NOT NULL CONSTRAINT live_counter_last_seq_positive CHECK (last_seq > 0)
);

CREATE TABLE live_event (
    user_id uuid NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    type_name text NOT NULL,
    data jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, seq)
);

CREATE INDEX live_event_occurred ON live_event (occurred_at);

GRANT SELECT, INSERT, UPDATE ON live_counter TO gateway;
GRANT SELECT, INSERT, DELETE ON live_event TO gateway;

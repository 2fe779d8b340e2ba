-- What people say in trades: messages between the two, and evidence in disputes. It can only grow.

CREATE TABLE trade_message (
    trade_id uuid NOT NULL REFERENCES trade (id),
    seq integer NOT NULL CONSTRAINT trade_message_seq_in_range CHECK (seq BETWEEN 1 AND 1000),
    by_id uuid NOT NULL,
    text text NOT NULL CONSTRAINT trade_message_text_bounded CHECK (length(text) BETWEEN 1 AND 2000),
    said_at timestamptz NOT NULL,
    PRIMARY KEY (trade_id, seq)
);

CREATE TABLE trade_statement (
    trade_id uuid NOT NULL REFERENCES trade (id),
    seq integer NOT NULL CONSTRAINT trade_statement_seq_in_range CHECK (seq BETWEEN 1 AND 40),
    by_id uuid NOT NULL,
    text text NOT NULL CONSTRAINT trade_statement_text_bounded CHECK (length(text) BETWEEN 1 AND 4000),
    image_ids uuid [] NOT NULL CONSTRAINT trade_statement_images_bounded CHECK (
        cardinality(image_ids) <= 10
    ),
    said_at timestamptz NOT NULL,
    PRIMARY KEY (trade_id, seq)
);

COMMENT ON TABLE trade_statement IS 'Evidence that the parties of a disputed trade give to operators.';

GRANT SELECT, INSERT ON trade_message, trade_statement TO marketplace;

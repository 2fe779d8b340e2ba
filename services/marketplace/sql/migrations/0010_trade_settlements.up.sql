-- A trade can end in two parts, a hand-over can be proven by the buyer's code.

INSERT INTO trade_move (from_state, to_state) VALUES
('funded', 'funded'),
('handed_over', 'handed_over'),
('disputed', 'disputed');

ALTER TABLE trade
ADD COLUMN refund_minor numeric(38, 0) CONSTRAINT trade_refund_in_range CHECK (
    refund_minor > 0 AND refund_minor < amount_minor
),
ADD COLUMN proven_at timestamptz,
ADD CONSTRAINT trade_fee_of_sellers_part CHECK (
    coalesce(fee_minor, 0) + coalesce(refund_minor, 0) <= amount_minor
);

COMMENT ON COLUMN trade.refund_minor IS
'What the buyer gets back when the escrow is released: the seller agreed to it, or an operator ruled so.';
COMMENT ON COLUMN trade.proven_at IS 'When the seller entered the buyer''s code at the hand-over.';

GRANT UPDATE (refund_minor, proven_at) ON trade TO marketplace;

CREATE TABLE trade_code (
    trade_id uuid PRIMARY KEY REFERENCES trade (id),
    number integer NOT NULL CONSTRAINT trade_code_number_in_range CHECK (number BETWEEN 1 AND 20),
    salt bytea NOT NULL CONSTRAINT trade_code_salt_sized CHECK (length(salt) = 16),
    hash bytea NOT NULL CONSTRAINT trade_code_hash_sized CHECK (length(hash) = 32),
    attempts_left integer NOT NULL CONSTRAINT trade_code_attempts_in_range CHECK (
        attempts_left BETWEEN 0 AND 5
    ),
    state text NOT NULL CONSTRAINT trade_code_state_known CHECK (
        state IN ('open', 'used', 'withdrawn')
    ),
    made_at timestamptz NOT NULL
);

COMMENT ON TABLE trade_code IS
'The one-time code that a buyer shows at the hand-over: a slow hash, never the code itself.';

GRANT SELECT, INSERT ON trade_code TO marketplace;
GRANT UPDATE (number, salt, hash, attempts_left, state, made_at) ON trade_code TO marketplace;

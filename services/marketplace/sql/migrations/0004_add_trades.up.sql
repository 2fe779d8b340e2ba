-- Trades as a state machine: legal moves are rows, so that no client gets around them.

CREATE TABLE trade_move (
    from_state text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);

INSERT INTO trade_move (from_state, to_state) VALUES
('offered', 'offered'),
('offered', 'accepted'),
('offered', 'declined'),
('offered', 'cancelled'),
('offered', 'expired'),
('accepted', 'funded'),
('accepted', 'cancelled'),
('accepted', 'refunding'),
('funded', 'handed_over'),
('funded', 'refunding'),
('funded', 'disputed'),
('handed_over', 'confirmed'),
('handed_over', 'refunding'),
('handed_over', 'disputed'),
('disputed', 'confirmed'),
('disputed', 'refunding'),
('confirmed', 'released'),
('refunding', 'refunded'),
('refunding', 'cancelled');

CREATE TABLE trade (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    state text NOT NULL CONSTRAINT trade_state_known CHECK (
        state IN (
            'offered', 'accepted', 'funded', 'handed_over', 'confirmed', 'released',
            'declined', 'cancelled', 'expired', 'disputed', 'refunding', 'refunded'
        )
    ),
    community text NOT NULL,
    item_id uuid NOT NULL REFERENCES item (id),
    item_title text NOT NULL,
    buyer_id uuid NOT NULL,
    seller_id uuid NOT NULL,
    quantity integer NOT NULL CONSTRAINT trade_quantity_positive CHECK (quantity > 0),
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT trade_amount_positive CHECK (amount_minor > 0),
    asset text NOT NULL,
    offered_by_id uuid NOT NULL,
    message text CONSTRAINT trade_message_bounded CHECK (length(message) BETWEEN 1 AND 1000),
    reason text CONSTRAINT trade_reason_bounded CHECK (length(reason) BETWEEN 1 AND 1000),
    refusal_detail text,
    fee_minor numeric(38, 0) CONSTRAINT trade_fee_in_range CHECK (
        fee_minor BETWEEN 0 AND amount_minor
    ),
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT trade_has_two_parties CHECK (buyer_id <> seller_id),
    CONSTRAINT trade_offerer_is_party CHECK (offered_by_id IN (buyer_id, seller_id)),
    CONSTRAINT trade_fee_known_when_released CHECK ((state = 'released') = (fee_minor IS NOT NULL))
);

COMMENT ON COLUMN trade.refusal_detail IS
'Why the escrow was refused, in words that tell of the buyer''s balance: for the buyer only.';

CREATE INDEX trade_of_buyer ON trade (buyer_id, id);
CREATE INDEX trade_of_seller ON trade (seller_id, id);
CREATE INDEX trade_of_item ON trade (item_id) WHERE state NOT IN (
    'offered', 'declined', 'cancelled', 'expired', 'refunded'
);
CREATE INDEX trade_waiting_for_ledger ON trade (changed_at)
WHERE state IN ('accepted', 'confirmed', 'refunding');

CREATE TABLE trade_step (
    trade_id uuid NOT NULL REFERENCES trade (id),
    version integer NOT NULL,
    action text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    by_id uuid,
    amount_minor numeric(38, 0) NOT NULL,
    reason text,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (trade_id, version)
);

GRANT SELECT, INSERT ON trade, trade_step TO marketplace;
GRANT UPDATE (
    version, state, amount_minor, offered_by_id, reason, refusal_detail, fee_minor, expires_at,
    changed_at
) ON trade TO marketplace;
GRANT SELECT ON trade_move TO marketplace;

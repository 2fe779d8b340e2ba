-- Exchange of one asset for another: rates by date that are never edited, promised prices, and a
-- record of each exchange that fits its transfer to the minor unit.

-- Exact: so much of to_asset for one unit of from_asset is numerator / denominator.
CREATE TABLE exchange_rate (
    id uuid PRIMARY KEY,
    from_asset text NOT NULL REFERENCES asset,
    to_asset text NOT NULL REFERENCES asset,
    numerator numeric(38, 0) NOT NULL,
    denominator numeric(38, 0) NOT NULL,
    spread_bps integer NOT NULL CONSTRAINT exchange_rate_spread_in_range CHECK (
        spread_bps >= 0 AND spread_bps < 10000
    ),
    source text NOT NULL CONSTRAINT exchange_rate_source_length CHECK (
        length(source) BETWEEN 1 AND 200
    ),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT exchange_rate_two_assets CHECK (from_asset <> to_asset),
    CONSTRAINT exchange_rate_positive CHECK (numerator > 0 AND denominator > 0),
    CONSTRAINT exchange_rate_one_version_a_time UNIQUE (from_asset, to_asset, valid_from),
    CONSTRAINT exchange_rate_ends_later CHECK (valid_until > valid_from),
    -- No exchange that is under way can find its rate replaced before it commits.
    CONSTRAINT exchange_rate_not_in_the_past CHECK (
        valid_from >= created_at + interval '10 seconds'
    )
);

CREATE TABLE exchange_quote (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    from_account uuid NOT NULL REFERENCES account,
    rate_id uuid NOT NULL REFERENCES exchange_rate,
    amount_minor numeric(38, 0) NOT NULL,
    fee_items jsonb NOT NULL,
    fee_schedule_id uuid REFERENCES fee_schedule,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT exchange_quote_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT exchange_quote_expires_soon CHECK (
        expires_at > created_at AND expires_at <= created_at + interval '10 minutes'
    )
);

CREATE INDEX exchange_quote_expires ON exchange_quote (expires_at);

-- sold * rate = gross and remainder / (denominator * 10 ^ scale of what is sold), exactly.
CREATE TABLE exchange (
    transfer_id uuid PRIMARY KEY,
    rate_id uuid NOT NULL REFERENCES exchange_rate,
    quote_id uuid CONSTRAINT exchange_quote_used_once UNIQUE,
    priced_at timestamptz NOT NULL,
    from_account uuid NOT NULL REFERENCES account,
    to_account uuid NOT NULL REFERENCES account,
    amount_minor numeric(38, 0) NOT NULL,
    sold_minor numeric(38, 0) NOT NULL,
    gross_minor numeric(38, 0) NOT NULL,
    bought_minor numeric(38, 0) NOT NULL,
    spread_minor numeric(38, 0) NOT NULL,
    residue_minor numeric(38, 0) NOT NULL,
    remainder numeric NOT NULL,
    CONSTRAINT exchange_parts_whole CHECK (
        gross_minor = bought_minor + spread_minor + residue_minor
    ),
    CONSTRAINT exchange_parts_in_range CHECK (
        bought_minor > 0 AND spread_minor >= 0 AND residue_minor IN (0, 1) AND sold_minor > 0
        AND sold_minor <= amount_minor
    )
);

GRANT SELECT, INSERT ON exchange_rate, exchange TO ledger;
-- A promise that has expired may go: the exchange keeps what counts.
GRANT SELECT, INSERT, DELETE ON exchange_quote TO ledger;

-- Assets and accounts: where money can be, under which limits; what an account is never changes.

CREATE TABLE asset (
    code text PRIMARY KEY CONSTRAINT asset_code_form CHECK (code ~ '^[A-Z][A-Z0-9]{1,9}$'),
    scale smallint NOT NULL CONSTRAINT asset_scale_in_range CHECK (scale BETWEEN 0 AND 18)
);

INSERT INTO asset (code, scale) VALUES
('LXC', 2), ('USD', 2), ('EUR', 2), ('INR', 2), ('USDC', 6), ('USDT', 6), ('BTC', 8),
('SOL', 9), ('SUI', 9), ('ETH', 18);

CREATE TABLE account (
    id uuid PRIMARY KEY,
    owner_id uuid,
    type text NOT NULL CONSTRAINT account_type_known CHECK (
        type IN ('MAIN', 'ESCROW', 'GIFT', 'ISSUANCE', 'FEES', 'PROVIDER', 'TRANSIT')
    ),
    asset text NOT NULL REFERENCES asset,
    community text NOT NULL CONSTRAINT account_community_length CHECK (
        length(community) BETWEEN 1 AND 64
    ),
    name text NOT NULL DEFAULT '',
    floor_minor numeric(38, 0) DEFAULT 0,
    ceiling_minor numeric(38, 0),
    frozen boolean NOT NULL DEFAULT FALSE,
    closed boolean NOT NULL DEFAULT FALSE,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    CONSTRAINT account_person_has_owner CHECK (
        (type IN ('MAIN', 'ESCROW', 'GIFT')) = (owner_id IS NOT NULL)
    ),
    CONSTRAINT account_person_has_floor CHECK (owner_id IS NULL OR floor_minor IS NOT NULL),
    CONSTRAINT account_floor_not_positive CHECK (floor_minor <= 0),
    CONSTRAINT account_ceiling_not_below_floor CHECK (ceiling_minor >= 0)
);

CREATE UNIQUE INDEX account_of_person ON account (owner_id, type, asset)
WHERE owner_id IS NOT NULL;

CREATE UNIQUE INDEX account_of_system ON account (community, type, asset, name)
WHERE owner_id IS NULL;

GRANT SELECT ON asset TO ledger;
GRANT SELECT, INSERT ON TABLE account TO ledger;
GRANT UPDATE (floor_minor, ceiling_minor, frozen, closed, metadata) ON TABLE account TO ledger;

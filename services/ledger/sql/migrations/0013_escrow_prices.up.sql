-- The price that the payee of a funded escrow accepted for its release, as a quote promised it.

CREATE TABLE escrow_price (
    escrow_id uuid PRIMARY KEY REFERENCES escrow,
    quote_id uuid NOT NULL,
    schedule_id uuid REFERENCES fee_schedule,
    items jsonb NOT NULL,
    accepted_by uuid NOT NULL,
    accepted_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON escrow_price TO ledger;

-- An escrow can be settled in two parts: what the payee was paid, and what the payer has back.

ALTER TABLE escrow
ADD COLUMN refunded_minor numeric(38, 0) CONSTRAINT escrow_refund_positive CHECK (refunded_minor > 0),
ADD CONSTRAINT escrow_refund_when_released CHECK (refunded_minor IS NULL OR state = 'RELEASED'),
ADD CONSTRAINT escrow_parts_within_amount CHECK (
    coalesce(refunded_minor, 0) + coalesce(fee_minor, 0) < amount_minor
);

GRANT UPDATE (refunded_minor) ON escrow TO ledger;

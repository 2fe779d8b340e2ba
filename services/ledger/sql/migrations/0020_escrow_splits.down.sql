-- Forgets what payers had back; refused while an escrow was split.

DO $$
BEGIN
    IF EXISTS (SELECT FROM escrow WHERE refunded_minor IS NOT NULL) THEN
        RAISE EXCEPTION 'escrows were split: what their payers have back would be forgotten';
    END IF;
END
$$;

ALTER TABLE escrow DROP COLUMN refunded_minor;
ALTER TABLE escrow DROP CONSTRAINT IF EXISTS escrow_refund_when_released;
ALTER TABLE escrow DROP CONSTRAINT IF EXISTS escrow_parts_within_amount;

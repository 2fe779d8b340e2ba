-- Takes away reservations; refused by its constraints once any was made, because history would change.

DROP TABLE reservation_move;
DROP TABLE reservation;
ALTER TABLE transfer DROP CONSTRAINT transfer_entry_count_in_range;
ALTER TABLE transfer ADD CONSTRAINT transfer_entry_count_in_range CHECK (
    entry_count BETWEEN 2 AND 1000
);
ALTER TABLE entry DROP CONSTRAINT entry_amount_not_zero;
ALTER TABLE entry DROP COLUMN held_minor;
ALTER TABLE entry ADD CONSTRAINT entry_amount_not_zero CHECK (amount_minor <> 0);

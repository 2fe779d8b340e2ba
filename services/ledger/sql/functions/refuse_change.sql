-- What was written stays as it was written, for every role: a correction is a new row.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% is kept for ever: % is refused', tg_table_name, tg_op
    USING ERRCODE = 'check_violation', TABLE = tg_table_name, CONSTRAINT = tg_name,
        HINT = 'Correct a transfer by another that reverses it.';
END
$$;

-- Accounts, escrows, reservations and some others may change, by rules of their own; old quotes may
-- go. Tables of a newer schema may not be there.
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'asset', 'account', 'transfer', 'entry', 'refused_attempt', 'escrow',
        'transparency_leaf', 'transparency_node', 'transparency_checkpoint', 'transparency_key',
        'transparency_copy', 'reservation', 'reservation_move', 'fee_schedule', 'fee_quote',
        'account_policy_change', 'gift_lot', 'gift_lot_move', 'scheduled_transfer',
        'account_group', 'account_group_member', 'exchange_rate', 'exchange_quote', 'exchange',
        'escrow_price', 'monitor', 'monitor_crossing', 'reconciled_account',
        'reconciliation_setup', 'bank_statement', 'reconciliation_item',
        'reconciliation_decision', 'reconciliation_run', 'write_off_proposal',
        'projection_repair', 'history_refusal', 'issuance_request'
    ] LOOP
        CONTINUE WHEN to_regclass(kept) IS NULL;
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER %I BEFORE %s ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            kept || '_never_changes',
            CASE WHEN kept IN (
                'account', 'escrow', 'reservation', 'gift_lot', 'scheduled_transfer',
                'account_group', 'account_group_member', 'monitor', 'reconciled_account',
                'reconciliation_item', 'reconciliation_run', 'write_off_proposal',
                'issuance_request'
            ) THEN 'DELETE OR TRUNCATE'
                WHEN kept IN ('fee_quote', 'exchange_quote') THEN 'UPDATE OR TRUNCATE'
                ELSE 'UPDATE OR DELETE OR TRUNCATE' END,
            kept
        );
    END LOOP;
END
$$;

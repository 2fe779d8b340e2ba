-- Makes anew what is derived from the journal, and writes down what changed. Only the owner may, with
-- the guards of that table off; never the journal itself. NULL where there is nothing to derive from.
CREATE OR REPLACE FUNCTION rebuild_projection(
    projection text, key text, repaired_by text
) RETURNS TABLE (before jsonb, after jsonb)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    CASE projection
        WHEN 'reservation' THEN
            SELECT * INTO before, after FROM rebuild_reservation(key::uuid);
        WHEN 'reservation_move' THEN
            SELECT * INTO before, after FROM rebuild_reservation((
                SELECT (t.metadata ->> 'reservation_id')::uuid FROM transfer AS t
                WHERE t.id = rebuild_projection.key::uuid
            ));
        WHEN 'escrow' THEN
            SELECT * INTO before, after FROM rebuild_escrow(key::uuid);
        WHEN 'escrow_transfer' THEN
            SELECT * INTO before, after FROM rebuild_escrow((
                SELECT (t.metadata ->> 'escrow_id')::uuid FROM transfer AS t
                WHERE t.id = rebuild_projection.key::uuid
            ));
        WHEN 'gift' THEN
            SELECT * INTO before, after FROM rebuild_gift_timer(key::uuid);
        WHEN 'transparency_pending' THEN
            INSERT INTO transparency_pending (transfer_id) VALUES (key::uuid)
            ON CONFLICT DO NOTHING;
            after := jsonb_build_object('transfer_id', key);
        WHEN 'transparency_node' THEN
            before := (
                SELECT to_jsonb(n) FROM transparency_node AS n
                WHERE n.level = split_part(key, '/', 1)::smallint
                    AND n.ordinal = split_part(key, '/', 2)::bigint
            );
            INSERT INTO transparency_node AS n (level, ordinal, hash) VALUES (
                split_part(key, '/', 1)::smallint, split_part(key, '/', 2)::bigint,
                decode(split_part(key, '/', 3), 'hex')
            ) ON CONFLICT (level, ordinal) DO UPDATE SET hash = excluded.hash
            RETURNING to_jsonb(n) INTO after;
    END CASE;
    IF after IS NOT NULL AND after IS DISTINCT FROM before THEN
        INSERT INTO projection_repair (repaired_by, projection, key, before, after)
        VALUES (
            rebuild_projection.repaired_by, rebuild_projection.projection,
            rebuild_projection.key, rebuild_projection.before, rebuild_projection.after
        );
        RETURN NEXT;
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION rebuild_projection(text, text, text) FROM public;

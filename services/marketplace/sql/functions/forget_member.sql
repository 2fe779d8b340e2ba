-- Forgets the words of a person who was erased: what only they had is deleted, what others have seen says '[erased]', and
-- numbers stay. Returns the items that say something else now, each one version further. A repeat changes nothing.
CREATE OR REPLACE FUNCTION forget_member(who uuid) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE member SET display_name = 'Somebody who left' WHERE user_id = who;
    DELETE FROM saved_search WHERE user_id = who;
    DELETE FROM saved_search_digest WHERE user_id = who;
    DELETE FROM item_watch WHERE user_id = who;
    DELETE FROM idempotent_answer WHERE owner = who::text;
    -- Objects follow by image_waste, which the deletion fills.
    DELETE FROM item_image WHERE image_id IN (SELECT id FROM image WHERE owner_id = who);
    UPDATE image SET evidence_since = NULL WHERE owner_id = who AND evidence_since IS NOT NULL;
    DELETE FROM image WHERE owner_id = who;
    DELETE FROM image_upload WHERE owner_id = who;
    -- What gives reasons in the trade itself is known by the steps, so these come last.
    UPDATE trade AS t SET reason = '[erased]'
    WHERE who IN (t.buyer_id, t.seller_id) AND t.reason <> '[erased]' AND EXISTS (
        SELECT FROM trade_step AS s WHERE s.trade_id = t.id AND s.by_id = who AND s.reason = t.reason
    );
    UPDATE trade_step SET reason = '[erased]'
    WHERE by_id = who AND reason <> '[erased]'
        AND trade_id IN (SELECT id FROM trade WHERE who IN (buyer_id, seller_id));
    UPDATE trade SET item_title = '[erased]' WHERE seller_id = who AND item_title <> '[erased]';
    UPDATE trade SET
        message = CASE WHEN message IS NULL THEN NULL ELSE '[erased]' END,
        given = coalesce(
            (
                SELECT jsonb_agg(jsonb_set(g.piece, '{title}', '"[erased]"', false) ORDER BY g.place)
                FROM jsonb_array_elements(given) WITH ORDINALITY AS g (piece, place)
            ),
            '[]'
        )
    WHERE buyer_id = who AND (message <> '[erased]' OR given <> '[]');
    UPDATE trade_message SET text = '[erased]'
    WHERE by_id = who AND text <> '[erased]'
        AND trade_id IN (SELECT id FROM trade WHERE who IN (buyer_id, seller_id));
    UPDATE trade_statement SET text = '[erased]'
    WHERE by_id = who AND text <> '[erased]'
        AND trade_id IN (SELECT id FROM trade WHERE who IN (buyer_id, seller_id));
    UPDATE rating SET text = NULL
    WHERE by_id = who AND text IS NOT NULL
        AND trade_id IN (SELECT id FROM trade WHERE who IN (buyer_id, seller_id));
    UPDATE item_report SET details = NULL WHERE reporter_id = who AND details IS NOT NULL;
    RETURN QUERY
    UPDATE item SET
        version = version + 1, title = '[erased]', description = '', brand = NULL, item_type = NULL,
        neighbourhood = NULL, cell = NULL, external_ref = NULL, content_hash = NULL, images = '[]',
        wanted = CASE WHEN wanted IS NULL THEN NULL ELSE '[erased]' END
    WHERE seller_id = who AND (
        title, description, coalesce(wanted, '[erased]'), images,
        num_nonnulls(brand, item_type, neighbourhood, cell, external_ref, content_hash)
    ) <> ('[erased]', '', '[erased]', '[]', 0)
    RETURNING id;
END
$$;

REVOKE ALL ON FUNCTION forget_member(uuid) FROM public;
GRANT EXECUTE ON FUNCTION forget_member(uuid) TO marketplace;

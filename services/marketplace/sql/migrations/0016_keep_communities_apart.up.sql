-- Says of every row whose community it is of, and shows it to nobody who has not said that community, or every one.

ALTER TABLE trade_code ADD COLUMN community text;
ALTER TABLE trade_message ADD COLUMN community text;
ALTER TABLE trade_statement ADD COLUMN community text;
ALTER TABLE trade_item ADD COLUMN community text;
ALTER TABLE trade_step ADD COLUMN community text;
ALTER TABLE rating ADD COLUMN community text;
ALTER TABLE item_image ADD COLUMN community text;
ALTER TABLE item_watch ADD COLUMN community text;
ALTER TABLE saved_search_match ADD COLUMN community text;
ALTER TABLE image_quota ADD COLUMN community text;

-- What is told of a row that is there already is no move of it.
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY[
        'trade_code', 'trade_item', 'trade_message', 'trade_statement', 'trade_step', 'rating'
    ] LOOP
        EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', child);
        EXECUTE format(
            'UPDATE %I AS child SET community = trade.community FROM trade WHERE trade.id = child.trade_id', child
        );
        EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', child);
    END LOOP;
    FOREACH child IN ARRAY ARRAY['item_image', 'item_watch', 'saved_search_match'] LOOP
        EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', child);
        EXECUTE format(
            'UPDATE %I AS child SET community = item.community FROM item WHERE item.id = child.item_id', child
        );
        EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', child);
    END LOOP;
END
$$;

UPDATE image_quota SET community = coalesce(
    (SELECT image.community FROM image WHERE image.owner_id = image_quota.owner_id LIMIT 1),
    (SELECT up.community FROM image_upload AS up WHERE up.owner_id = image_quota.owner_id LIMIT 1),
    (SELECT member.community FROM member WHERE member.user_id = image_quota.owner_id)
);
-- Somebody who keeps nothing and of whom nobody has told: their row is made again with their first image.
DELETE FROM image_quota WHERE community IS NULL;

-- One policy a table: what may be seen may be written, and nothing else. The setting ends with its transaction.
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'member', 'item', 'item_image', 'item_watch', 'item_report', 'item_decision', 'category_tally',
        'image', 'image_upload', 'image_quota', 'saved_search', 'saved_search_match',
        'trade', 'trade_step', 'trade_code', 'trade_item', 'trade_message', 'trade_statement', 'rating'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN community SET NOT NULL', kept);
        EXECUTE format(
            'ALTER TABLE %I ADD CONSTRAINT %I CHECK (community ~ ''^[a-z0-9][a-z0-9-]{0,62}$'')',
            kept, kept || '_community_form'
        );
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ('
            'community = current_setting(''localex.community'', true) '
            'OR current_setting(''localex.community'', true) = ''*'')',
            kept || '_of_community', kept
        );
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
    END LOOP;
END
$$;

-- What was counted of a person is of their community.
CREATE POLICY reputation_of_community ON reputation USING (
    current_setting('localex.community', true) = '*'
    OR EXISTS (SELECT FROM member WHERE member.user_id = reputation.user_id)
);
ALTER TABLE reputation ENABLE ROW LEVEL SECURITY;
ALTER TABLE reputation FORCE ROW LEVEL SECURITY;

-- Statistics are made over all communities, by a role that changes nothing.
CREATE POLICY member_for_analytics ON member FOR SELECT TO localex_analytics USING (true);

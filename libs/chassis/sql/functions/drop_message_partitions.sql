-- Lets old days of outbox and inbox leave as a whole; a day that holds an unpublished event stays.
CREATE OR REPLACE FUNCTION drop_message_partitions(today date, outbox_days integer, inbox_days integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET lock_timeout = '1s'
AS $$
DECLARE
    dropped integer := 0;
    old record;
    holds boolean;
BEGIN
    IF outbox_days < 8 OR inbox_days < outbox_days + 14 OR today > current_date + 1 THEN
        RAISE EXCEPTION 'drop_message_partitions: that would forget what may still come again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_days_kept';
    END IF;
    FOR old IN
        SELECT child.relname AS name, parent.relname AS parent
        FROM pg_inherits AS link
        INNER JOIN pg_class AS child ON link.inhrelid = child.oid
        INNER JOIN pg_class AS parent ON link.inhparent = parent.oid
        WHERE link.inhparent IN ('outbox'::regclass, 'inbox'::regclass)
            AND child.relname ~ '_[0-9]{8}$'
            AND to_date(right(child.relname, 8), 'YYYYMMDD')
            < today - CASE parent.relname WHEN 'outbox' THEN outbox_days ELSE inbox_days END
        ORDER BY child.relname LIMIT 60
    LOOP
        BEGIN
            EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', old.name);
            holds := false;
            IF old.parent = 'outbox' THEN
                EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE published_at IS NULL)', old.name)
                INTO holds;
            END IF;
            IF holds THEN
                RAISE NOTICE 'partition % holds unpublished events', old.name;
            ELSE
                EXECUTE format('DROP TABLE %I', old.name);
                dropped := dropped + 1;
            END IF;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            RAISE NOTICE 'partition % is in use', old.name;
        END;
    END LOOP;
    -- What came before its day was made, or from a clock far off.
    DELETE FROM outbox_default WHERE published_at < today - outbox_days AND created_at < today - outbox_days;
    DELETE FROM inbox_default WHERE event_day < today - inbox_days;
    RETURN dropped;
END
$$;

REVOKE ALL ON FUNCTION drop_message_partitions(date, integer, integer) FROM public;
DO $grants$
BEGIN
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION drop_message_partitions(date, integer, integer) TO %I', current_schema()
    );
END
$grants$;

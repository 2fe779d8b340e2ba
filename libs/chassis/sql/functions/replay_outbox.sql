-- Has events sent again that Kafka has lost or refused: the relay takes them for unpublished ones, and inboxes know them.
CREATE OR REPLACE FUNCTION replay_outbox(
    since timestamptz, until timestamptz, only_topic text, only_key text, whom text, why text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET statement_timeout = '60s'
AS $$
DECLARE
    most constant integer := 100000;
    replayed bigint;
BEGIN
    IF since < clock_timestamp() - interval '7 days' THEN
        RAISE EXCEPTION 'events older than 7 days are not replayed: inboxes may have forgotten them'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'outbox_replay_window';
    END IF;
    WITH wanted AS (
        SELECT created_at, id FROM outbox
        WHERE created_at >= since AND created_at < until
            AND (published_at IS NOT NULL OR failed_at IS NOT NULL)
            AND (only_topic IS NULL OR topic = only_topic)
            AND (only_key IS NULL OR key = only_key)
        ORDER BY id LIMIT most + 1
    )

    UPDATE outbox SET published_at = NULL, failed_at = NULL, attempts = 0
    FROM wanted
    WHERE outbox.created_at = wanted.created_at AND outbox.id = wanted.id;
    GET DIAGNOSTICS replayed = ROW_COUNT;
    IF replayed > most THEN
        RAISE EXCEPTION 'more than % events at once: take a shorter time', most
            USING ERRCODE = 'check_violation', CONSTRAINT = 'outbox_replay_limited';
    END IF;
    INSERT INTO operator_action (acted_by, action, subject, reason, touched) VALUES (
        whom, 'outbox.replay',
        concat_ws(' ', since, 'to', until, 'topic', only_topic, 'key', only_key), why, replayed
    );
    RETURN replayed;
END
$$;

REVOKE ALL ON FUNCTION replay_outbox(timestamptz, timestamptz, text, text, text, text) FROM public;
GRANT EXECUTE ON FUNCTION replay_outbox(timestamptz, timestamptz, text, text, text, text)
TO localex_operator;

-- Makes the day partitions of outbox and inbox ahead of time, so that old days can leave as a whole.
-- A day that is there already, or whose rows are in the default partition, is left alone.
CREATE OR REPLACE FUNCTION ensure_message_partitions(first_day date, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET lock_timeout = '1s'
AS $$
DECLARE
    made integer := 0;
    day date;
    parent text;
    child text;
BEGIN
    IF days NOT BETWEEN 1 AND 60 THEN
        RAISE EXCEPTION 'ensure_message_partitions: 1 to 60 days, not %', days;
    END IF;
    FOR day IN SELECT first_day + n FROM generate_series(0, days - 1) AS n LOOP
        FOREACH parent IN ARRAY ARRAY['outbox', 'inbox'] LOOP
            child := parent || to_char(day, '_YYYYMMDD');
            CONTINUE WHEN to_regclass(quote_ident(child)) IS NOT NULL;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    child, parent, day, day + 1
                );
                made := made + 1;
            EXCEPTION WHEN check_violation OR lock_not_available THEN
                RAISE NOTICE 'partition % stays in the default partition', child;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

REVOKE ALL ON FUNCTION ensure_message_partitions(date, integer) FROM public;
DO $grants$
BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION ensure_message_partitions(date, integer) TO %I', current_schema());
END
$grants$;

-- Makes the month partitions of the audit log ahead of time; a month that is there, or whose rows are in the default partition, is left alone.
CREATE OR REPLACE FUNCTION ensure_audit_partitions(first_day date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET lock_timeout = '1s'
AS $$
DECLARE
    made integer := 0;
    month date;
    child text;
BEGIN
    IF months NOT BETWEEN 1 AND 24 THEN
        RAISE EXCEPTION 'ensure_audit_partitions: 1 to 24 months, not %', months;
    END IF;
    FOR month IN
        SELECT (date_trunc('month', first_day) + interval '1 month' * n)::date FROM generate_series(0, months - 1) AS n
    LOOP
        child := 'audit_event' || to_char(month, '_YYYYMM');
        CONTINUE WHEN to_regclass(quote_ident(child)) IS NOT NULL;
        BEGIN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF audit_event FOR VALUES FROM (%L) TO (%L)',
                child, month, month + interval '1 month'
            );
            made := made + 1;
        EXCEPTION WHEN check_violation OR lock_not_available THEN
            RAISE NOTICE 'partition % stays in the default partition', child;
        END;
    END LOOP;
    -- A trigger against TRUNCATE is not handed down to partitions by itself.
    FOR child IN
        SELECT c.relname FROM pg_inherits AS i INNER JOIN pg_class AS c ON i.inhrelid = c.oid
        WHERE i.inhparent = 'audit_event'::regclass AND NOT EXISTS (
            SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname = 'audit_event_not_emptied'
        )
    LOOP
        EXECUTE format(
            'CREATE TRIGGER audit_event_not_emptied BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION keep_audit()', child
        );
    END LOOP;
    RETURN made;
END
$$;

REVOKE ALL ON FUNCTION ensure_audit_partitions(date, integer) FROM public;
DO $grants$
BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION ensure_audit_partitions(date, integer) TO %I', current_schema());
END
$grants$;

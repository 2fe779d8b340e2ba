-- Makes the month partitions of the access log ahead of time.
CREATE OR REPLACE FUNCTION ensure_access_log_partitions(first_day date, months integer) RETURNS integer
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
        RAISE EXCEPTION 'ensure_access_log_partitions: 1 to 24 months, not %', months;
    END IF;
    FOR month IN
        SELECT (date_trunc('month', first_day) + interval '1 month' * n)::date FROM generate_series(0, months - 1) AS n
    LOOP
        child := 'access_log' || to_char(month, '_YYYYMM');
        CONTINUE WHEN to_regclass(quote_ident(child)) IS NOT NULL;
        BEGIN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF access_log FOR VALUES FROM (%L) TO (%L)',
                child, month, month + interval '1 month'
            );
            made := made + 1;
        EXCEPTION WHEN check_violation OR lock_not_available THEN
            RAISE NOTICE 'partition % stays in the default partition', child;
        END;
    END LOOP;
    RETURN made;
END
$$;

REVOKE ALL ON FUNCTION ensure_access_log_partitions(date, integer) FROM public;
GRANT EXECUTE ON FUNCTION ensure_access_log_partitions(date, integer) TO gateway;

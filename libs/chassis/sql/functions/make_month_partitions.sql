-- Makes a table's month partitions ahead of time; a month that is there, or whose rows are in the
-- default partition, is left alone. Only for the owner's functions, each of which says which table.
CREATE OR REPLACE FUNCTION make_month_partitions(parent text, first_day date, months integer) RETURNS integer
LANGUAGE plpgsql
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
        RAISE EXCEPTION 'partitions of %: 1 to 24 months, not %', parent, months;
    END IF;
    FOR month IN
        SELECT (date_trunc('month', first_day) + interval '1 month' * n)::date FROM generate_series(0, months - 1) AS n
    LOOP
        child := parent || to_char(month, '_YYYYMM');
        CONTINUE WHEN to_regclass(quote_ident(child)) IS NOT NULL;
        BEGIN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                child, parent, month, month + interval '1 month'
            );
            made := made + 1;
        EXCEPTION WHEN check_violation OR lock_not_available THEN
            RAISE NOTICE 'partition % stays in the default partition', child;
        END;
    END LOOP;
    RETURN made;
END
$$;

REVOKE ALL ON FUNCTION make_month_partitions(text, date, integer) FROM public;

-- Makes the month partitions of the audit log ahead of time.
CREATE OR REPLACE FUNCTION ensure_audit_partitions(first_day date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET lock_timeout = '1s'
AS $$
DECLARE
    made integer := make_month_partitions('audit_event', first_day, months);
    child text;
BEGIN
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

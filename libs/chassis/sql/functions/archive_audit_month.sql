-- Lets an old month of the audit log go that lies in object storage: all of it sealed, signed and counted.
CREATE OR REPLACE FUNCTION archive_audit_month(
    old_month date, object text, digest bytea, copied bigint, whom text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET lock_timeout = '2s'
AS $$
DECLARE
    child text := 'audit_event_' || to_char(old_month, 'YYYYMM');
    there bigint;
    chained bigint;
    newest bigint;
BEGIN
    IF old_month + interval '4 months' > now() THEN
        RAISE EXCEPTION 'three whole months stay: % is too new', to_char(old_month, 'YYYY-MM')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_archive_old';
    ELSIF NOT EXISTS (
        SELECT FROM pg_inherits AS i
        WHERE i.inhparent = 'audit_event'::regclass AND i.inhrelid = to_regclass(quote_ident(child))
    ) THEN
        RAISE EXCEPTION 'there is no month % in the audit log', to_char(old_month, 'YYYY-MM')
            USING ERRCODE = 'no_data_found';
    END IF;
    -- Nobody seals meanwhile, and nobody writes to the month.
    PERFORM pg_advisory_xact_lock(hashtext('audit'), hashtext(current_schema()));
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', child);
    EXECUTE format(
        'SELECT count(*), count(s.seq), max(s.seq) FROM %I AS e '
        'LEFT JOIN audit_seal AS s ON s.event_id = e.id AND s.recorded_at = e.recorded_at', child
    ) INTO there, chained, newest;
    IF there <> copied OR chained <> there THEN
        RAISE EXCEPTION '% events are there, % sealed, % copied', there, chained, copied
            USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_archive_whole';
    ELSIF newest > coalesce((SELECT max(size) FROM audit_checkpoint), 0) THEN
        RAISE EXCEPTION 'event % is not signed yet', newest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_archive_signed';
    END IF;
    INSERT INTO audit_archive (month, path, sha256, events) VALUES (old_month, object, digest, copied);
    INSERT INTO audit_event (id, action, actor_name, entity, entity_id, after)
    VALUES (
        uuidv7(), 'audit.archived', whom, 'audit_month', to_char(old_month, 'YYYY-MM'),
        jsonb_build_object('path', object, 'events', copied)
    );
    EXECUTE format('DROP TABLE %I', child);
END
$$;

REVOKE ALL ON FUNCTION archive_audit_month(date, text, bytea, bigint, text) FROM public;
GRANT EXECUTE ON FUNCTION archive_audit_month(date, text, bytea, bigint, text) TO localex_operator;

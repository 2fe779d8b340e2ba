-- Gives events that wait their places in the chain: one writer at a time, and only what is committed.
CREATE OR REPLACE FUNCTION seal_audit(batch_max integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    place bigint;
    link bytea;
    event audit_event;
    sealed integer := 0;
BEGIN
    IF batch_max NOT BETWEEN 1 AND 5000 THEN
        RAISE EXCEPTION 'seal_audit: 1 to 5000 events at once, not %', batch_max;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('audit'), hashtext(current_schema())) THEN
        RETURN 0;
    END IF;
    SELECT seq, hash INTO place, link FROM audit_seal ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        place := 0;
        link := sha256(convert_to('localex audit of ' || current_schema(), 'UTF8'));
    END IF;
    FOR event IN
        SELECT e.* FROM audit_pending AS p
        INNER JOIN audit_event AS e ON p.recorded_at = e.recorded_at AND p.event_id = e.id
        ORDER BY p.recorded_at, p.event_id LIMIT batch_max
    LOOP
        place := place + 1;
        link := sha256(link || convert_to(write_audit_line(place, event), 'UTF8'));
        INSERT INTO audit_seal (seq, recorded_at, event_id, hash)
        VALUES (place, event.recorded_at, event.id, link);
        DELETE FROM audit_pending WHERE recorded_at = event.recorded_at AND event_id = event.id;
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END
$$;

REVOKE ALL ON FUNCTION seal_audit(integer) FROM public;
DO $grants$
BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION seal_audit(integer) TO %I', current_schema());
END
$grants$;

-- The whole of an event as one text that can be read in one way only: each part with its length in bytes before it, '-' for none.
CREATE OR REPLACE FUNCTION write_audit_line(seq bigint, event audit_event) RETURNS text
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT string_agg(
        coalesce(octet_length(convert_to(part, 'UTF8'))::text || ':' || part, '-'), ',' ORDER BY place
    )
    FROM unnest(ARRAY[
        seq::text,
        event.id::text,
        (extract(EPOCH FROM event.recorded_at) * 1000000)::bigint::text,
        event.recorded_as,
        event.action,
        event.actor_id::text,
        event.actor_name,
        event.entity,
        event.entity_id,
        event.before::text,
        event.after::text,
        event.reason,
        event.address,
        event.agent,
        event.session_id::text,
        event.correlation_id
    ]) WITH ORDINALITY AS parts (part, place)
$$;

REVOKE ALL ON FUNCTION write_audit_line(bigint, audit_event) FROM public;

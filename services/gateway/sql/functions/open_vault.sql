-- The only way to what is encrypted: another person's is given out by the rules alone, and who asked is written down with it.
CREATE OR REPLACE FUNCTION open_vault(
    wanted_user uuid, wanted_fields text [], reader uuid, roles text [], why text,
    reader_address text, reader_agent text, reader_session uuid, request text
) RETURNS TABLE (field text, data_key_id uuid, version integer, written_at timestamptz, ciphertext bytea)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    barred text;
BEGIN
    IF reader <> wanted_user THEN
        SELECT w.name INTO barred FROM unnest(wanted_fields) AS w (name)
        WHERE NOT EXISTS (SELECT FROM vault_rule AS r WHERE r.field = w.name AND r.readers && roles);
        IF FOUND THEN
            RAISE EXCEPTION 'the role does not open %', barred
                USING ERRCODE = 'check_violation', CONSTRAINT = 'vault_rule_reader';
        END IF;
        INSERT INTO access_log (
            reader_id, reader_roles, subject_id, what, reason, address, agent, session_id, correlation_id
        )
        SELECT reader, roles, wanted_user, array_agg('vault.' || w.name ORDER BY w.name), why,
            reader_address, reader_agent, reader_session, request
        FROM unnest(wanted_fields) AS w (name);
    END IF;
    RETURN QUERY
    SELECT f.field, f.data_key_id, f.version, f.written_at, f.ciphertext FROM vault_field AS f
    WHERE f.user_id = wanted_user AND f.field = ANY(wanted_fields) ORDER BY f.field;
END
$$;

REVOKE ALL ON FUNCTION open_vault(uuid, text [], uuid, text [], text, text, text, uuid, text) FROM public;
GRANT EXECUTE ON FUNCTION open_vault(uuid, text [], uuid, text [], text, text, text, uuid, text) TO gateway;

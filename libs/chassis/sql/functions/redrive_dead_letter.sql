-- Has a dead letter handled again by the consumer that gave it up, and by no other; five times at most.
CREATE OR REPLACE FUNCTION redrive_dead_letter(letter bigint, whom text, why text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    found dead_letter;
BEGIN
    SELECT * INTO found FROM dead_letter WHERE id = letter FOR UPDATE;
    IF found.id IS NULL THEN
        RAISE EXCEPTION 'there is no dead letter %', letter USING ERRCODE = 'no_data_found';
    ELSIF found.state <> 'DEAD' THEN
        RAISE EXCEPTION 'dead letter % is %, not DEAD', letter, found.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dead_letter_is_dead';
    ELSIF found.redrives >= 5 THEN
        RAISE EXCEPTION 'dead letter % came back % times: mend the cause, or discard it', letter, found.redrives
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dead_letter_redrives_limited';
    END IF;
    INSERT INTO operator_action (acted_by, action, subject, reason)
    VALUES (whom, 'dead.redrive', letter::text, why);
    UPDATE dead_letter SET state = 'WAITING', redrives = redrives + 1, settled_by = whom WHERE id = letter;
    RETURN found.redrives + 1;
END
$$;

REVOKE ALL ON FUNCTION redrive_dead_letter(bigint, text, text) FROM public;
GRANT EXECUTE ON FUNCTION redrive_dead_letter(bigint, text, text) TO localex_operator;

-- Gives a dead letter up for good, with a reason; the row and who did it stay.
CREATE OR REPLACE FUNCTION discard_dead_letter(letter bigint, whom text, why text) RETURNS void
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
    ELSIF coalesce(why, '') = '' THEN
        RAISE EXCEPTION 'say why dead letter % may be lost', letter
            USING ERRCODE = 'check_violation', CONSTRAINT = 'operator_action_says_why';
    END IF;
    INSERT INTO operator_action (acted_by, action, subject, reason)
    VALUES (whom, 'dead.discard', letter::text, why);
    UPDATE dead_letter
    SET state = 'DISCARDED', settled_at = clock_timestamp(), settled_by = whom WHERE id = letter;
END
$$;

REVOKE ALL ON FUNCTION discard_dead_letter(bigint, text, text) FROM public;
GRANT EXECUTE ON FUNCTION discard_dead_letter(bigint, text, text) TO localex_operator;

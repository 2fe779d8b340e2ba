-- Forgets the words of a person who was erased, of what only they saw: the books stay as they were signed.
CREATE OR REPLACE FUNCTION forget_member(who uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE member SET display_name = NULL WHERE user_id = who;
    UPDATE monitor SET label = NULL WHERE owner_id = who AND label IS NOT NULL;
    UPDATE account_group SET name = '[erased]' WHERE owner_id = who AND name <> '[erased]';
    DELETE FROM idempotent_answer WHERE owner = who::text;
END
$$;

REVOKE ALL ON FUNCTION forget_member(uuid) FROM public;
GRANT EXECUTE ON FUNCTION forget_member(uuid) TO ledger;

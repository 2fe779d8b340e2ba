-- What was written stays as it was written, for every role: a correction is a new row.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% is kept for ever: % is refused', tg_table_name, tg_op
    USING ERRCODE = 'check_violation', TABLE = tg_table_name, CONSTRAINT = tg_name,
        HINT = 'Correct a transfer by another that reverses it.';
END
$$;

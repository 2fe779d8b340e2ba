-- Lets the planner know what a run is going to look through: without figures it takes the wrong index.
-- Runs as its owner, because only an owner may.
CREATE OR REPLACE FUNCTION learn_reconciliation_items() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    ANALYZE reconciliation_item;
END
$$;

REVOKE ALL ON FUNCTION learn_reconciliation_items() FROM public;

GRANT EXECUTE ON FUNCTION learn_reconciliation_items() TO ledger;

-- A request to issue waits, and is then decided once; what was asked for never changes.
CREATE OR REPLACE FUNCTION validate_issuance_request() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    rule text;
BEGIN
    IF tg_op = 'INSERT' THEN
        IF new.state <> 'WAITING' THEN
            rule := 'issuance_request_begins_waiting';
        END IF;
    ELSIF old.state <> 'WAITING' THEN
        rule := 'issuance_request_decided_once';
    ELSIF (new.id, new.transfer_id, new.account_id, new.asset, new.amount_minor, new.reason,
        new.requested_by, new.requested_at) <> (old.id, old.transfer_id, old.account_id, old.asset,
        old.amount_minor, old.reason, old.requested_by, old.requested_at)
    THEN
        rule := 'issuance_request_never_changes';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'request %: % breaks %', new.id, new.state, rule
        USING ERRCODE = 'check_violation', TABLE = 'issuance_request', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER issuance_request_legal_move BEFORE INSERT OR UPDATE ON issuance_request
FOR EACH ROW EXECUTE FUNCTION validate_issuance_request();

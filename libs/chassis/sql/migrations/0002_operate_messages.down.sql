-- Takes the operators' table and the parking place away; what waits in them has to be settled first.

REVOKE SELECT ON dead_letter, inbox FROM localex_operator;
REVOKE SELECT (
    id, event_id, topic, key, part, created_at, published_at, attempts, failed_at, last_error
) ON outbox FROM localex_operator;
DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('REVOKE UPDATE (outcome, reason) ON inbox FROM %I', runtime);
    EXECUTE format('REVOKE UPDATE (reason, stack_digest) ON dead_letter FROM %I', runtime);
END
$grants$;

DROP TABLE operator_action;
DROP TABLE parked_message;
DROP TABLE aggregate_head;
DROP INDEX dead_letter_open;

ALTER TABLE dead_letter DROP CONSTRAINT dead_letter_redrives_limited;
ALTER TABLE dead_letter DROP CONSTRAINT dead_letter_state_known;
ALTER TABLE dead_letter ADD CONSTRAINT dead_letter_state_known CHECK (
    state IN ('DEAD', 'REDRIVEN', 'DISCARDED')
);
ALTER TABLE inbox DROP CONSTRAINT inbox_outcome_known;
ALTER TABLE inbox ADD CONSTRAINT inbox_outcome_known CHECK (
    outcome IN ('PROCESSED', 'REFUSED', 'FAILED')
);

-- Forgets reports and decisions; hidden items stay hidden as long as their flag is there.

ALTER TABLE operator_action DROP CONSTRAINT operator_action_known;
ALTER TABLE operator_action ADD CONSTRAINT operator_action_known CHECK (
    action IN (
        'dead.redrive', 'dead.discard', 'outbox.replay', 'saga.resume', 'saga.compensate',
        'category.add', 'category.change'
    )
) NOT VALID;

DROP TABLE item_report;
DROP TABLE item_decision;

-- Members report items, operators decide; what is hidden stays out of sight until an operator restores it.

CREATE TABLE item_decision (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES item (id),
    item_version integer NOT NULL,
    seller_id uuid NOT NULL,
    community text NOT NULL,
    decision text NOT NULL CONSTRAINT item_decision_known CHECK (
        decision IN ('dismiss', 'hide', 'restore')
    ),
    reason text NOT NULL CONSTRAINT item_decision_reason_bounded CHECK (
        length(reason) BETWEEN 1 AND 1000
    ),
    reports integer NOT NULL CONSTRAINT item_decision_reports_counted CHECK (
        reports >= 0 AND (decision <> 'dismiss' OR reports > 0)
    ),
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT item_decision_by_another CHECK (decided_by <> seller_id)
);

CREATE INDEX item_decision_of_item ON item_decision (item_id, id);

CREATE TABLE item_report (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES item (id),
    item_version integer NOT NULL,
    seller_id uuid NOT NULL,
    community text NOT NULL,
    reporter_id uuid NOT NULL,
    ground text NOT NULL CONSTRAINT item_report_ground_known CHECK (
        ground IN ('prohibited', 'unsafe', 'fraud', 'misleading', 'offensive', 'spam', 'other')
    ),
    details text CONSTRAINT item_report_details_bounded CHECK (length(details) BETWEEN 1 AND 1000),
    reported_at timestamptz NOT NULL,
    decision_id uuid REFERENCES item_decision (id),
    CONSTRAINT item_report_once UNIQUE (item_id, reporter_id),
    CONSTRAINT item_report_by_another CHECK (reporter_id <> seller_id),
    CONSTRAINT item_report_other_in_words CHECK (ground <> 'other' OR details IS NOT NULL)
);

COMMENT ON COLUMN item_report.reporter_id IS 'For operators only: the seller never learns who it was.';

CREATE INDEX item_report_open ON item_report (community, id) WHERE decision_id IS NULL;
CREATE INDEX item_report_open_of_item ON item_report (item_id, id) WHERE decision_id IS NULL;
CREATE INDEX item_report_of_reporter ON item_report (reporter_id, reported_at);

GRANT SELECT, INSERT ON item_decision, item_report TO marketplace;
GRANT UPDATE (decision_id) ON item_report TO marketplace;

ALTER TABLE operator_action DROP CONSTRAINT operator_action_known;
ALTER TABLE operator_action ADD CONSTRAINT operator_action_known CHECK (
    action IN (
        'dead.redrive', 'dead.discard', 'outbox.replay', 'saga.resume', 'saga.compensate',
        'category.add', 'category.change', 'item.dismiss', 'item.hide', 'item.restore'
    )
);

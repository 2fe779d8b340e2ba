-- Listings say what they want in exchange, take gift credits and tell their place by a cell; categories can move.

ALTER TABLE item
ADD COLUMN wanted text
CONSTRAINT item_wanted_bounded CHECK (length(wanted) BETWEEN 1 AND 500),
ADD COLUMN accepts_gift_credits boolean NOT NULL DEFAULT false,
ADD COLUMN cell text
CONSTRAINT item_cell_coarse CHECK (cell ~ '^87[0-9a-f]{7}f{6}$'),
ADD COLUMN hidden boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN item.cell IS
'H3 cell of resolution 7, about five square kilometres; the exact spot is kept nowhere.';
COMMENT ON COLUMN item.hidden IS
'An operator took it out of sight. For everybody but its seller and operators it is not there.';

-- What was kept exactly is forgotten: no rounding of it could be undone from a backup made later.
ALTER TABLE item DROP COLUMN latitude, DROP COLUMN longitude;

-- A barter of before that said nothing takes any offer. No version: nothing is told anew of it.
ALTER TABLE item DISABLE TRIGGER USER;
UPDATE item SET wanted = 'Make an offer' WHERE pricing = 'barter';
ALTER TABLE item ENABLE TRIGGER USER;

ALTER TABLE item
ADD CONSTRAINT item_barter_says_what CHECK ((pricing = 'barter') = (wanted IS NOT NULL)),
ADD CONSTRAINT item_gift_credits_are_credits CHECK (pricing = 'credits' OR NOT accepts_gift_credits);

-- A renamed or moved category tells its items anew, a page at a time.
CREATE INDEX item_of_category ON item (category_id, id) WHERE status IN ('active', 'reserved');
DROP INDEX item_on_offer;
CREATE INDEX item_on_offer ON item (community, category_id, id) WHERE status = 'active' AND NOT hidden;
DROP INDEX item_on_offer_newest;
CREATE INDEX item_on_offer_newest ON item (community, id) WHERE status = 'active' AND NOT hidden;

GRANT UPDATE (wanted, accepts_gift_credits, cell, hidden) ON item TO marketplace;

ALTER TABLE category
ADD COLUMN synonyms text [] NOT NULL DEFAULT '{}'
CONSTRAINT category_synonyms_bounded CHECK (
    cardinality(synonyms) <= 20 AND length(array_to_string(synonyms, '')) <= 1200
),
ADD COLUMN version integer NOT NULL DEFAULT 1
CONSTRAINT category_version_positive CHECK (version > 0),
ADD COLUMN changed_at timestamptz NOT NULL DEFAULT clock_timestamp();

GRANT UPDATE (
    parent_id, slug_path, name, names, synonyms, version, changed_at
) ON category TO marketplace;

-- How many items are on offer: each change adds a row, so that writers never wait for a counter.
CREATE TABLE category_tally (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    community text NOT NULL,
    category_id uuid NOT NULL,
    delta bigint NOT NULL
);

CREATE INDEX category_tally_of_community ON category_tally (community, category_id) INCLUDE (delta);

INSERT INTO category_tally (community, category_id, delta)
SELECT
    community,
    category_id,
    count(*)
FROM item
WHERE status = 'active'
GROUP BY community, category_id;

GRANT SELECT ON category_tally TO marketplace;

ALTER TABLE operator_action DROP CONSTRAINT operator_action_known;
ALTER TABLE operator_action ADD CONSTRAINT operator_action_known CHECK (
    action IN (
        'dead.redrive', 'dead.discard', 'outbox.replay', 'saga.resume', 'saga.compensate',
        'category.add', 'category.change'
    )
);

-- Categories that were there before anybody told of them: told once, by the worker.
INSERT INTO timer (kind, key, due_at) VALUES ('categories.tell', '', clock_timestamp());

-- Takes back the wider listings and the movable tree; the exact spots do not come back.

DELETE FROM timer WHERE kind IN ('categories.tell', 'categories.retell');

ALTER TABLE operator_action DROP CONSTRAINT operator_action_known;
ALTER TABLE operator_action ADD CONSTRAINT operator_action_known CHECK (
    action IN ('dead.redrive', 'dead.discard', 'outbox.replay', 'saga.resume', 'saga.compensate')
) NOT VALID;

DROP TABLE category_tally;
ALTER TABLE category DROP COLUMN synonyms, DROP COLUMN version, DROP COLUMN changed_at;
REVOKE UPDATE (parent_id, slug_path, name, names) ON category FROM marketplace;

DROP INDEX item_of_category;
DROP INDEX item_on_offer;
CREATE INDEX item_on_offer ON item (community, category_id, id) WHERE status = 'active';
DROP INDEX item_on_offer_newest;
CREATE INDEX item_on_offer_newest ON item (community, id) WHERE status = 'active';

ALTER TABLE item
DROP COLUMN wanted, DROP COLUMN accepts_gift_credits, DROP COLUMN cell, DROP COLUMN hidden,
ADD COLUMN latitude numeric(7, 5)
CONSTRAINT item_latitude_in_range CHECK (latitude BETWEEN -90 AND 90),
ADD COLUMN longitude numeric(8, 5)
CONSTRAINT item_longitude_in_range CHECK (longitude BETWEEN -180 AND 180),
ADD CONSTRAINT item_location_whole CHECK ((latitude IS NULL) = (longitude IS NULL));
GRANT UPDATE (latitude, longitude) ON item TO marketplace;

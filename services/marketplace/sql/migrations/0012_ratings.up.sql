-- What the two of a settled trade say of each other, once each, and when both may read it.

CREATE TABLE rating (
    trade_id uuid NOT NULL REFERENCES trade (id),
    by_id uuid NOT NULL,
    about_id uuid NOT NULL,
    about_side text NOT NULL CONSTRAINT rating_side_known CHECK (about_side IN ('buyer', 'seller')),
    stars integer NOT NULL CONSTRAINT rating_stars_in_range CHECK (stars BETWEEN 1 AND 5),
    text text CONSTRAINT rating_text_bounded CHECK (length(text) BETWEEN 1 AND 1000),
    given_at timestamptz NOT NULL,
    revealed_at timestamptz CONSTRAINT rating_revealed_later CHECK (revealed_at >= given_at),
    PRIMARY KEY (trade_id, by_id)
);

CREATE INDEX rating_of_person ON rating (about_id, trade_id) WHERE revealed_at IS NOT NULL;

GRANT SELECT, INSERT ON rating TO marketplace;
GRANT UPDATE (revealed_at) ON rating TO marketplace;

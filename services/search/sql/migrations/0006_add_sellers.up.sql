-- What sellers' ratings come to, and how far a rating that has changed was brought into their documents.

CREATE TABLE seller_rating (
    seller_id uuid PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT seller_rating_version_not_negative CHECK (version >= 0),
    rating_hundredths smallint CONSTRAINT seller_rating_hundredths_in_range CHECK (
        rating_hundredths BETWEEN 100 AND 500
    ),
    rating_count integer NOT NULL CONSTRAINT seller_rating_count_not_negative CHECK (rating_count >= 0),
    -- Stays, so that what comes late brings nothing back.
    erased boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    -- The documents up to this item have the rating; NULL when all have.
    spread_after uuid,
    CONSTRAINT seller_rating_stands_on_ratings CHECK ((rating_count > 0) = (rating_hundredths IS NOT NULL)),
    CONSTRAINT seller_rating_erased_is_none CHECK (NOT (erased AND rating_count > 0))
);

CREATE INDEX seller_rating_spreading ON seller_rating (changed_at) WHERE spread_after IS NOT NULL;
CREATE INDEX seller_rating_changed ON seller_rating (changed_at);

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON seller_rating TO %I', runtime);
END
$grants$;

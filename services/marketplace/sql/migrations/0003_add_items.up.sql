-- What members offer; stock, price and status are held together by the database.

CREATE TABLE item (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    seller_id uuid NOT NULL,
    community text NOT NULL,
    external_ref text CONSTRAINT item_external_ref_bounded CHECK (
        length(external_ref) BETWEEN 1 AND 128
    ),
    content_hash bytea CONSTRAINT item_content_hash_sized CHECK (length(content_hash) = 32),
    status text NOT NULL CONSTRAINT item_status_known CHECK (
        status IN ('draft', 'active', 'reserved', 'sold', 'withdrawn')
    ),
    title text NOT NULL CONSTRAINT item_title_bounded CHECK (length(title) BETWEEN 1 AND 200),
    description text NOT NULL CONSTRAINT item_description_bounded CHECK (
        length(description) <= 5000
    ),
    category_id uuid NOT NULL REFERENCES category (id),
    kind text NOT NULL CONSTRAINT item_kind_known CHECK (kind IN ('good', 'service')),
    pricing text NOT NULL CONSTRAINT item_pricing_known CHECK (
        pricing IN ('credits', 'gift', 'barter')
    ),
    price_minor numeric(38, 0) CONSTRAINT item_price_positive CHECK (price_minor > 0),
    asset text,
    quantity integer NOT NULL CONSTRAINT item_quantity_in_range CHECK (
        quantity BETWEEN 1 AND 1000000
    ),
    reserved integer NOT NULL DEFAULT 0,
    sold integer NOT NULL DEFAULT 0,
    condition text CONSTRAINT item_condition_known CHECK (
        condition IN ('new', 'like_new', 'good', 'fair', 'poor')
    ),
    brand text CONSTRAINT item_brand_bounded CHECK (length(brand) BETWEEN 1 AND 100),
    item_type text CONSTRAINT item_item_type_bounded CHECK (length(item_type) BETWEEN 1 AND 100),
    rating numeric(2, 1) CONSTRAINT item_rating_in_range CHECK (rating BETWEEN 0 AND 5),
    neighbourhood text CONSTRAINT item_neighbourhood_bounded CHECK (
        length(neighbourhood) BETWEEN 1 AND 100
    ),
    latitude numeric(7, 5) CONSTRAINT item_latitude_in_range CHECK (latitude BETWEEN -90 AND 90),
    longitude numeric(8, 5) CONSTRAINT item_longitude_in_range CHECK (
        longitude BETWEEN -180 AND 180
    ),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT item_price_fits_pricing CHECK (
        (pricing = 'credits') = (price_minor IS NOT NULL)
        AND (price_minor IS NULL) = (asset IS NULL)
    ),
    CONSTRAINT item_condition_is_of_a_good CHECK (condition IS NULL OR kind = 'good'),
    CONSTRAINT item_location_whole CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CONSTRAINT item_stock_not_oversold CHECK (
        reserved >= 0 AND sold >= 0 AND reserved + sold <= quantity
    ),
    CONSTRAINT item_status_fits_stock CHECK (
        CASE status
            WHEN 'active' THEN reserved + sold < quantity
            WHEN 'reserved' THEN reserved + sold = quantity AND reserved > 0
            WHEN 'sold' THEN sold = quantity
            WHEN 'draft' THEN reserved = 0 AND sold = 0
            ELSE true
        END
    )
);

CREATE UNIQUE INDEX item_external_ref_once ON item (seller_id, external_ref)
WHERE external_ref IS NOT NULL;
CREATE INDEX item_of_seller ON item (seller_id, id);
CREATE INDEX item_on_offer ON item (community, category_id, id) WHERE status = 'active';
CREATE INDEX item_on_offer_newest ON item (community, id) WHERE status = 'active';

CREATE TABLE item_move (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO item_move (from_status, to_status) VALUES
('draft', 'active'),
('draft', 'withdrawn'),
('active', 'reserved'),
('active', 'sold'),
('active', 'withdrawn'),
('reserved', 'active'),
('reserved', 'sold'),
('reserved', 'withdrawn'),
('sold', 'active'),
('withdrawn', 'active'),
('withdrawn', 'reserved'),
('withdrawn', 'sold');

GRANT SELECT, INSERT ON item TO marketplace;
GRANT UPDATE (
    version, content_hash, status, title, description, category_id, kind, pricing, price_minor,
    asset, quantity, reserved, sold, condition, brand, item_type, rating, neighbourhood,
    latitude, longitude, changed_at
) ON item TO marketplace;
GRANT SELECT ON item_move TO marketplace;

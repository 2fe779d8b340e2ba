-- What trades and ratings say of a person, counted: a projection, made anew from them whenever they change.

CREATE TABLE reputation (
    user_id uuid PRIMARY KEY,
    sold integer NOT NULL DEFAULT 0,
    bought integer NOT NULL DEFAULT 0,
    refunded_as_seller integer NOT NULL DEFAULT 0,
    refunded_as_buyer integer NOT NULL DEFAULT 0,
    disputes_lost integer NOT NULL DEFAULT 0,
    disputes_shared integer NOT NULL DEFAULT 0,
    stars_1 integer NOT NULL DEFAULT 0,
    stars_2 integer NOT NULL DEFAULT 0,
    stars_3 integer NOT NULL DEFAULT 0,
    stars_4 integer NOT NULL DEFAULT 0,
    stars_5 integer NOT NULL DEFAULT 0,
    counted_at timestamptz NOT NULL,
    CONSTRAINT reputation_counts_not_negative CHECK (
        least(
            sold, bought, refunded_as_seller, refunded_as_buyer, disputes_lost, disputes_shared,
            stars_1, stars_2, stars_3, stars_4, stars_5
        ) >= 0
    )
);

CREATE INDEX trade_settled_of_seller ON trade (seller_id) WHERE state IN ('released', 'refunded');
CREATE INDEX trade_settled_of_buyer ON trade (buyer_id) WHERE state IN ('released', 'refunded');

GRANT SELECT, INSERT ON reputation TO marketplace;
GRANT UPDATE (
    sold, bought, refunded_as_seller, refunded_as_buyer, disputes_lost, disputes_shared,
    stars_1, stars_2, stars_3, stars_4, stars_5, counted_at
) ON reputation TO marketplace;

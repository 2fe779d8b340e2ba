-- Refuses the record of an exchange that does not fit its rate, its promise or its transfer: a rate
-- that was in force when it was priced, parts that are exactly what was sold times the rate, and
-- entries that move these parts and nothing else.
CREATE OR REPLACE FUNCTION validate_exchange() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
DECLARE
    rate exchange_rate;
    quote exchange_quote;
    posted transfer;
    divisor numeric;
    product numeric;
    parts record;
    rule text;
BEGIN
    SELECT r.* INTO STRICT rate FROM exchange_rate AS r WHERE r.id = new.rate_id;
    SELECT t.* INTO posted FROM transfer AS t WHERE t.id = new.transfer_id;
    SELECT q.* INTO quote FROM exchange_quote AS q WHERE q.id = new.quote_id;
    SELECT rate.denominator * power(10::numeric, f.scale),
        new.sold_minor * rate.numerator * power(10::numeric, t.scale)
    INTO STRICT divisor, product
    FROM asset AS f, asset AS t WHERE f.code = rate.from_asset AND t.code = rate.to_asset;
    SELECT
        coalesce(sum(m.amount) FILTER (WHERE m.part = 'paid'), 0) AS paid,
        coalesce(sum(m.amount) FILTER (WHERE m.part = 'sold'), 0) AS sold,
        coalesce(sum(m.amount) FILTER (WHERE m.part = 'gross'), 0) AS gross,
        coalesce(sum(m.amount) FILTER (WHERE m.part = 'bought'), 0) AS bought,
        coalesce(sum(m.amount) FILTER (WHERE m.part = 'spread'), 0) AS spread,
        coalesce(sum(m.amount) FILTER (WHERE m.part = 'residue'), 0) AS residue,
        count(*) FILTER (WHERE m.part IS NULL) AS others
    INTO parts
    FROM (
        SELECT e.amount_minor AS amount, CASE
            WHEN e.account_id = new.from_account AND e.asset = rate.from_asset THEN 'paid'
            WHEN e.account_id = new.to_account AND e.asset = rate.to_asset THEN 'bought'
            WHEN a.type = 'PROVIDER' AND a.name = 'LIQUIDITY' AND e.asset = rate.from_asset
                THEN 'sold'
            WHEN a.type = 'PROVIDER' AND a.name = 'LIQUIDITY' AND e.asset = rate.to_asset
                THEN 'gross'
            WHEN a.type = 'FEES' AND a.name = 'SPREAD' AND e.asset = rate.to_asset THEN 'spread'
            WHEN a.type = 'FEES' AND a.name = 'ROUNDING' AND e.asset = rate.to_asset THEN 'residue'
            WHEN a.type = 'FEES' AND e.asset = rate.from_asset AND e.amount_minor > 0 THEN 'fee'
        END AS part
        FROM entry AS e
        INNER JOIN account AS a ON a.id = e.account_id
        WHERE e.transfer_id = new.transfer_id
    ) AS m;
    rule := CASE
        WHEN posted.id IS NULL OR posted.kind <> 'exchange' THEN 'exchange_of_transfer'
        WHEN new.priced_at < rate.valid_from OR new.priced_at >= rate.valid_until OR EXISTS (
            SELECT FROM exchange_rate AS r
            WHERE r.from_asset = rate.from_asset AND r.to_asset = rate.to_asset
                AND r.valid_from > rate.valid_from AND r.valid_from <= new.priced_at
        ) THEN 'exchange_rate_in_force'
        WHEN new.quote_id IS NULL AND new.priced_at > posted.posted_at THEN 'exchange_priced_before'
        WHEN new.quote_id IS NOT NULL AND (
            quote.id IS NULL
            OR (quote.from_account, quote.rate_id, quote.amount_minor, quote.created_at)
                <> (new.from_account, new.rate_id, new.amount_minor, new.priced_at)
        ) THEN 'exchange_of_quote'
        WHEN posted.posted_at >= quote.expires_at THEN 'exchange_in_time'
        WHEN new.gross_minor <> div(product, divisor) OR new.remainder <> mod(product, divisor)
            OR new.spread_minor <> div(product * rate.spread_bps, divisor * 10000)
            OR new.bought_minor <> div(product * (10000 - rate.spread_bps), divisor * 10000)
            THEN 'exchange_at_rate'
        WHEN (parts.paid, parts.sold, parts.gross, parts.bought, parts.spread, parts.residue)
            <> (
                -new.amount_minor, new.sold_minor, -new.gross_minor, new.bought_minor,
                new.spread_minor, new.residue_minor
            ) OR parts.others > 0 THEN 'exchange_fits_transfer'
    END;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'exchange % breaks %', new.transfer_id, rule
        USING ERRCODE = 'check_violation', TABLE = 'exchange', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER exchange_true BEFORE INSERT ON exchange
FOR EACH ROW EXECUTE FUNCTION validate_exchange();

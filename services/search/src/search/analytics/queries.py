"""Statements of the query log."""

from typing import Final

INSERT_QUERIES: Final = """
INSERT INTO query_log (
    query_id, searched_at, user_hash, community, q, filters, page, hits, tolerant, took_ms
)
SELECT query_id, searched_at, sha256(salt || uuid_send(user_id)), community, q, filters, page,
    hits, tolerant, took_ms
FROM unnest(
    $1::uuid [], $2::timestamptz [], $3::uuid [], $4::text [], $5::text [], $6::jsonb [],
    $7::boolean [], $8::integer [], $9::boolean [], $10::integer []
) AS new (
    query_id, searched_at, user_id, community, q, filters, page, hits, tolerant, took_ms
)
CROSS JOIN query_log_salt
ON CONFLICT DO NOTHING
"""
DELETE_OLD_QUERIES: Final = """
DELETE FROM query_log WHERE query_id IN (
    SELECT query_id FROM query_log WHERE searched_at < $1 ORDER BY searched_at LIMIT 5000
)
"""

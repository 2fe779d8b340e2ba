"""What the migration runner says to the database."""

from typing import Final

TAKE_TURN: Final = "SELECT pg_advisory_lock(hashtext('migrate'), hashtext($1))"
CREATE_TABLES: Final = """
CREATE TABLE IF NOT EXISTS migrations (
    component text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    execution_ms integer NOT NULL,
    applied_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (component, version)
);
CREATE TABLE IF NOT EXISTS migration_functions (
    component text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (component, name)
);
"""
SELECT_APPLIED: Final = """
SELECT component, version, name, checksum, applied_at, execution_ms, applied_by
FROM migrations ORDER BY component, version
"""
INSERT_APPLIED: Final = """
INSERT INTO migrations (component, version, name, checksum, execution_ms)
VALUES ($1, $2, $3, $4, $5)
"""
DELETE_APPLIED: Final = "DELETE FROM migrations WHERE component = $1 AND version = $2"
SELECT_FUNCTIONS: Final = "SELECT component, name, checksum FROM migration_functions"
UPSERT_FUNCTION: Final = """
INSERT INTO migration_functions (component, name, checksum) VALUES ($1, $2, $3)
ON CONFLICT (component, name) DO UPDATE SET checksum = $3, applied_at = clock_timestamp()
"""


DELETE_FUNCTIONS: Final = "DELETE FROM migration_functions WHERE component = $1"
SELECT_ROUTINES: Final = """
SELECT oid::regprocedure::text AS signature FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND proname = ANY($1::text [])
"""
SELECT_TRIGGERS: Final = """
SELECT quote_ident(t.tgname) AS name, t.tgrelid::regclass::text AS relation
FROM pg_trigger AS t
JOIN pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = ANY($1::text [])
    AND NOT t.tgisinternal AND t.tgparentid = 0
"""
SELECT_VIEWS: Final = """
SELECT oid::regclass::text AS name FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'v'
    AND relname = ANY($1::text [])
"""

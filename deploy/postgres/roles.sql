-- Roles, schemas and extensions of localex_db, made by the superuser and safe to run again; passwords come from the settings localex.password_<role>.

CREATE SCHEMA IF NOT EXISTS extensions;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA extensions;

REVOKE ALL ON DATABASE localex_db FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'localex_migrator') THEN
        CREATE ROLE localex_migrator;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'localex_analytics') THEN
        CREATE ROLE localex_analytics;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'localex_operator') THEN
        CREATE ROLE localex_operator;
    END IF;
    -- Reads what waits and acts through functions that keep what was done; without a password nobody can.
    ALTER ROLE localex_operator WITH NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;
    IF current_setting('localex.password_operator', true) <> '' THEN
        EXECUTE format(
            'ALTER ROLE localex_operator WITH LOGIN PASSWORD %L',
            current_setting('localex.password_operator', true)
        );
    END IF;
    EXECUTE format(
        'ALTER ROLE localex_migrator WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD %L',
        current_setting('localex.password_migrator')
    );
    ALTER ROLE localex_analytics WITH NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    GRANT CONNECT ON DATABASE localex_db TO localex_migrator, localex_analytics, localex_operator;
    ALTER ROLE localex_analytics SET default_transaction_read_only = on;
END
$$;

DO $$
DECLARE
    service text;
    owner text;
BEGIN
    FOREACH service IN ARRAY ARRAY['gateway', 'ledger', 'marketplace', 'search'] LOOP
        owner := service || '_owner';
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner) THEN
            EXECUTE format('CREATE ROLE %I', owner);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
            EXECUTE format('CREATE ROLE %I', service);
        END IF;
        EXECUTE format('ALTER ROLE %I WITH NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', owner);
        EXECUTE format(
            'ALTER ROLE %I WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD %L',
            service, current_setting('localex.password_' || service)
        );
        EXECUTE format('GRANT CONNECT ON DATABASE localex_db TO %I', service);
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, owner);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, localex_analytics, localex_operator', service, service);
        EXECUTE format('GRANT %I TO localex_migrator WITH INHERIT FALSE, SET TRUE', owner);
        EXECUTE format('ALTER ROLE %I SET search_path = %I, extensions', service, service);
        EXECUTE format('ALTER ROLE %I SET statement_timeout = ''5s''', service);
        EXECUTE format('ALTER ROLE %I SET lock_timeout = ''2s''', service);
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''5s''', service);
    END LOOP;
END
$$;

-- Every change of a schema is written down where neither migrators nor owners can reach: only the superuser
-- could change these rows, and only the superuser may make such triggers.
CREATE SCHEMA IF NOT EXISTS audit;
REVOKE ALL ON SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO localex_operator, localex_analytics;

CREATE TABLE IF NOT EXISTS audit.schema_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by name NOT NULL,
    changed_as name NOT NULL,
    address text,
    application text,
    command text NOT NULL,
    object_type text,
    object_identity text,
    -- SHA-256 of the whole text that was sent: of a migration, what its file has in the table of migrations.
    statement_sha256 text NOT NULL,
    statement text NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX IF NOT EXISTS schema_change_at ON audit.schema_change (changed_at);
REVOKE ALL ON audit.schema_change FROM PUBLIC;
GRANT SELECT ON audit.schema_change TO localex_operator, localex_analytics;

CREATE OR REPLACE FUNCTION audit.keep_schema_changes() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'what was changed in schemas is never rewritten' USING ERRCODE = 'check_violation';
END
$$;
CREATE OR REPLACE TRIGGER schema_change_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.schema_change
FOR EACH STATEMENT EXECUTE FUNCTION audit.keep_schema_changes();

CREATE OR REPLACE FUNCTION audit.write_schema_change() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    statement text := coalesce(current_query(), '');
    -- Inside this function the current user is its owner: who acts is what the session or SET ROLE says.
    acting name := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END;
BEGIN
    IF TG_EVENT = 'sql_drop' THEN
        INSERT INTO audit.schema_change (
            changed_by, changed_as, address, application, command, object_type, object_identity,
            statement_sha256, statement
        )
        SELECT session_user, acting, host(inet_client_addr()), current_setting('application_name'), TG_TAG,
            object_type, object_identity, encode(sha256(convert_to(statement, 'UTF8')), 'hex'), left(statement, 1000)
        FROM pg_event_trigger_dropped_objects()
        WHERE original AND NOT is_temporary;
    ELSE
        INSERT INTO audit.schema_change (
            changed_by, changed_as, address, application, command, object_type, object_identity,
            statement_sha256, statement
        )
        SELECT session_user, acting, host(inet_client_addr()), current_setting('application_name'), command_tag,
            object_type, object_identity, encode(sha256(convert_to(statement, 'UTF8')), 'hex'), left(statement, 1000)
        FROM pg_event_trigger_ddl_commands()
        WHERE schema_name IS DISTINCT FROM 'pg_temp';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION audit.write_schema_change() FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'schema_change_ended') THEN
        CREATE EVENT TRIGGER schema_change_ended ON ddl_command_end EXECUTE FUNCTION audit.write_schema_change();
        ALTER EVENT TRIGGER schema_change_ended ENABLE ALWAYS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'schema_change_dropped') THEN
        CREATE EVENT TRIGGER schema_change_dropped ON sql_drop EXECUTE FUNCTION audit.write_schema_change();
        ALTER EVENT TRIGGER schema_change_dropped ENABLE ALWAYS;
    END IF;
END
$$;

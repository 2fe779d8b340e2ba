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

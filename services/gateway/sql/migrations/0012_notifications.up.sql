-- What people are told and how they want to hear it: each notice and each mail is a row, so that both are made once, and what can't be sent is seen.

CREATE TABLE notification_preference (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    version integer NOT NULL
    CONSTRAINT notification_preference_version_positive CHECK (version > 0),
    digest_hour smallint NOT NULL
    CONSTRAINT notification_preference_hour_range CHECK (digest_hour BETWEEN 0 AND 23),
    digest_weekday smallint NOT NULL
    CONSTRAINT notification_preference_weekday_range CHECK (digest_weekday BETWEEN 1 AND 7),
    changed_at timestamptz NOT NULL
);

CREATE TABLE notification_choice (
    user_id uuid NOT NULL REFERENCES notification_preference (user_id) ON DELETE CASCADE,
    kind text NOT NULL
    CONSTRAINT notification_choice_kind_form CHECK (kind ~ '^[a-z]+(_[a-z]+)*$' AND length(kind) <= 40)
    -- What tells of a break-in is not to be switched off, least of all by whoever broke in.
    CONSTRAINT notification_choice_not_of_security CHECK (NOT starts_with(kind, 'security_')),
    in_app boolean NOT NULL,
    email text NOT NULL
    CONSTRAINT notification_choice_email_known CHECK (email IN ('at_once', 'daily', 'weekly', 'never')),
    PRIMARY KEY (user_id, kind)
);

-- One row a person: locked by whoever tells them something, and where their mails are counted.
CREATE TABLE notification_box (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    window_began_at timestamptz NOT NULL,
    mails_in_window integer NOT NULL
    CONSTRAINT notification_box_mails_bounded CHECK (mails_in_window BETWEEN 0 AND 30),
    digest_waits boolean NOT NULL,
    -- When to look at what waits; nothing: now, because hour, day or zone are other ones.
    digest_at timestamptz
);

CREATE INDEX notification_box_digest ON notification_box (digest_at) WHERE digest_waits;

CREATE TABLE notification_mail (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    kind text NOT NULL
    CONSTRAINT notification_mail_kind_known CHECK (kind IN ('notice', 'digest', 'security')),
    state text NOT NULL DEFAULT 'pending'
    CONSTRAINT notification_mail_state_known CHECK (state IN ('pending', 'sent', 'dropped', 'dead')),
    attempts integer NOT NULL DEFAULT 0
    CONSTRAINT notification_mail_attempts_counted CHECK (attempts >= 0),
    error text CONSTRAINT notification_mail_error_length CHECK (length(error) BETWEEN 1 AND 80),
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    CONSTRAINT notification_mail_done_whole CHECK ((state = 'pending') = (done_at IS NULL))
);

CREATE INDEX notification_mail_due ON notification_mail (due_at) WHERE state = 'pending';
CREATE INDEX notification_mail_by_state ON notification_mail (state, id);
CREATE INDEX notification_mail_created ON notification_mail (created_at);
CREATE INDEX notification_mail_by_user ON notification_mail (user_id);

CREATE TABLE notification (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    kind text NOT NULL
    CONSTRAINT notification_kind_form CHECK (kind ~ '^[a-z]+(_[a-z]+)*$' AND length(kind) <= 40),
    event_id uuid NOT NULL,
    -- Ids, figures and titles of what is on offer, by which the rest is found: no person's name, nothing they wrote.
    data jsonb NOT NULL
    CONSTRAINT notification_data_small CHECK (jsonb_typeof(data) = 'object' AND length(data::text) <= 4000),
    in_app boolean NOT NULL,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    read_at timestamptz CONSTRAINT notification_read_in_app CHECK (read_at IS NULL OR in_app),
    -- Whether it waits for a digest.
    waits boolean NOT NULL,
    mail_id uuid REFERENCES notification_mail (id),
    CONSTRAINT notification_once UNIQUE (user_id, event_id, kind),
    CONSTRAINT notification_waits_or_is_mailed CHECK (NOT (waits AND mail_id IS NOT NULL))
);

CREATE INDEX notification_by_user ON notification (user_id, id) WHERE in_app;
CREATE INDEX notification_unread ON notification (user_id) WHERE in_app AND read_at IS NULL;
CREATE INDEX notification_waiting ON notification (user_id) WHERE waits;
CREATE INDEX notification_by_mail ON notification (mail_id) WHERE mail_id IS NOT NULL;
CREATE INDEX notification_created ON notification (created_at);

-- An address that was taken away from somebody is told so for a while.
CREATE TABLE former_email (
    user_id uuid NOT NULL REFERENCES users (id),
    value_normalised text NOT NULL
    CONSTRAINT former_email_length CHECK (char_length(value_normalised) BETWEEN 3 AND 254),
    until timestamptz NOT NULL,
    PRIMARY KEY (user_id, value_normalised)
);

CREATE INDEX former_email_until ON former_email (until);

GRANT SELECT, INSERT, DELETE
ON notification_preference, notification_choice, notification_box, notification_mail, notification,
former_email TO gateway;
GRANT UPDATE (version, digest_hour, digest_weekday, changed_at) ON notification_preference TO gateway;
GRANT UPDATE (in_app, email) ON notification_choice TO gateway;
GRANT UPDATE (window_began_at, mails_in_window, digest_waits, digest_at) ON notification_box TO gateway;
GRANT UPDATE (state, attempts, error, due_at, done_at) ON notification_mail TO gateway;
GRANT UPDATE (read_at, waits, mail_id) ON notification TO gateway;
GRANT UPDATE (until) ON former_email TO gateway;

-- Codes that prove an address or number, and what a person is to themselves: profile, preferences, progress.

CREATE TABLE one_time_code (
    id uuid PRIMARY KEY,
    -- Nobody's, when somebody asked for an address that is not known: then no code was sent.
    user_id uuid REFERENCES users (id),
    purpose text NOT NULL
    CONSTRAINT one_time_code_purpose_known CHECK (purpose IN ('verify', 'reset-password')),
    kind text NOT NULL CONSTRAINT one_time_code_kind_known CHECK (kind IN ('email', 'phone')),
    value_normalised text NOT NULL
    CONSTRAINT one_time_code_value_length CHECK (char_length(value_normalised) BETWEEN 3 AND 254),
    code_hash bytea NOT NULL
    CONSTRAINT one_time_code_hash_length CHECK (octet_length(code_hash) = 32),
    attempts integer NOT NULL DEFAULT 0
    CONSTRAINT one_time_code_attempts_bounded CHECK (attempts BETWEEN 0 AND 5),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT one_time_code_expires_later CHECK (expires_at > created_at)
);

CREATE INDEX one_time_code_of_user ON one_time_code (user_id);
CREATE INDEX one_time_code_of_address ON one_time_code (kind, value_normalised, created_at);
CREATE INDEX one_time_code_expires ON one_time_code (expires_at);

CREATE TABLE profile (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    version integer NOT NULL CONSTRAINT profile_version_positive CHECK (version > 0),
    time_zone text NOT NULL
    CONSTRAINT profile_time_zone_length CHECK (char_length(time_zone) BETWEEN 1 AND 64),
    language text NOT NULL
    CONSTRAINT profile_language_form CHECK (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
    currency text NOT NULL CONSTRAINT profile_currency_form CHECK (currency ~ '^[A-Z][A-Z0-9]{1,9}$'),
    mascot text NOT NULL
    CONSTRAINT profile_mascot_known CHECK (mascot IN ('ACQUA', 'MYSTIC', 'CORAL')),
    domains text [] NOT NULL
    CONSTRAINT profile_domains_known
    CHECK (domains <@ ARRAY['TRADING', 'BANKING', 'INVESTING', 'DEFI', 'WHOLESALE']),
    city text CONSTRAINT profile_city_length CHECK (char_length(city) BETWEEN 1 AND 80),
    neighbourhood text
    CONSTRAINT profile_neighbourhood_length CHECK (char_length(neighbourhood) BETWEEN 1 AND 80),
    changed_at timestamptz NOT NULL
);

CREATE TABLE progress (
    user_id uuid PRIMARY KEY,
    points bigint NOT NULL CONSTRAINT progress_points_not_negative CHECK (points >= 0),
    day date NOT NULL,
    points_of_day integer NOT NULL
    CONSTRAINT progress_points_of_day_bounded CHECK (points_of_day BETWEEN 0 AND 200),
    streak_days integer NOT NULL CONSTRAINT progress_streak_positive CHECK (streak_days > 0),
    longest_streak_days integer NOT NULL,
    CONSTRAINT progress_longest_is_longest CHECK (longest_streak_days >= streak_days)
);

GRANT SELECT, INSERT, DELETE ON one_time_code, profile TO gateway;
GRANT SELECT, INSERT ON progress TO gateway;
GRANT UPDATE (attempts, used_at) ON one_time_code TO gateway;
GRANT UPDATE (
    version, time_zone, language, currency, mascot, domains, city, neighbourhood, changed_at
) ON profile TO gateway;
GRANT UPDATE (points, day, points_of_day, streak_days, longest_streak_days) ON progress TO gateway;

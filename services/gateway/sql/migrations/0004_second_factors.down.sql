-- Forgets every second factor: people log in by their password alone.

DROP TABLE challenge;
DROP TABLE passkey;
DROP TABLE recovery_code;
DROP TABLE totp;

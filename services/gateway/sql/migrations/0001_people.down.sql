-- Forgets people: sessions, passwords, identities and the users themselves.

DROP TABLE login_attempt;
DROP TABLE session;
DROP TABLE user_password;
DROP TABLE login_identity;
DROP TABLE users;

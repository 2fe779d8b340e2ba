-- The slowest bcrypt hash that anybody has is looked up at each log-in: all take as long as that one.

CREATE INDEX user_password_bcrypt ON user_password (substr(hash, 5, 2)) WHERE hash LIKE '$2%';

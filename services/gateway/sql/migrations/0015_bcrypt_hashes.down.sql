-- Nothing is looked up at a log-in but the account.

DROP INDEX user_password_bcrypt;

-- Forgets the names: the gateway's events tell them again.

DROP TABLE member;

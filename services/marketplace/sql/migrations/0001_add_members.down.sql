-- Forgets the members; the gateway's topic tells them all again.

DROP TABLE member;

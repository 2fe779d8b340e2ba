-- Takes away the message tables; the functions over them go with the tables' component.

DROP TABLE idempotent_answer;
DROP TABLE timer;
DROP TABLE dead_letter;
DROP TABLE inbox;
DROP TABLE outbox;

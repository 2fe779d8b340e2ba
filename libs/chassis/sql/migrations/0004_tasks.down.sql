-- Forgets tasks, done or not; what they have made lies in object storage until it is swept.

DROP TABLE task;

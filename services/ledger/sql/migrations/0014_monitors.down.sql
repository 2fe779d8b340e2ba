-- Takes away monitors and what they told.

DROP TABLE monitor_crossing;
DROP TABLE monitor;

-- Nobody is told any more, and what was told and heard is forgotten.

DROP TABLE webhook_received;
DROP TABLE webhook_delivery;
DROP TABLE webhook_secret;
DROP TABLE webhook_endpoint;

"""The whole system from real servers, without Docker and without root."""

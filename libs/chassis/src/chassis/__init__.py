"""The microservice chassis: settings, logs, traces, database, messages, problems, health."""

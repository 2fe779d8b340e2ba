"""The words the services share: commands, events, topics and money."""

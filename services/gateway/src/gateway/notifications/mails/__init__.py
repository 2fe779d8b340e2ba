"""Mails on their way: sent with pauses between tries, seen by operators when they are dead."""

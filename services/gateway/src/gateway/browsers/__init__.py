"""Browsers: sessions in a cookie, requests of foreign pages, and what a browser is told.

A cookie stands for `Authorization: Bearer` and is no other session: `__Host-`, so that it is sent
over TLS only, to this host only. A write with it must come from a page of ours. Owns no table;
emits and hears nothing.
"""

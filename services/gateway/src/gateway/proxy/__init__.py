"""Forwarding: everything under `/v1` that is not the gateway's own goes to a service.

Plain ASGI on a pooled HTTP client: bodies stream both ways. `routes` says what goes where. Owns
no table; emits and hears nothing.
"""

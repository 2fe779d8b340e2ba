"""One OpenAPI document of the whole API, and a page to read and try it.

Collected from the services when it is asked for. Owns no table; emits and hears nothing.
"""

"""A license server of the classic design, to compare usher with: FastAPI, Redis Lua and PostgreSQL.

`app` is what clients see, `seats` counts in Redis, `records` keeps in PostgreSQL, `tokens` signs.
"""

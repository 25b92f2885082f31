"""Health of live objects, from their status alone. Pure. Start at assess.py."""

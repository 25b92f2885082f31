"""Writes new repositories from the templates. Start at create.py; render.py alone knows copier."""

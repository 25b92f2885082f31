"""Differences between two values, told for people. Pure."""

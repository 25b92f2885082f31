"""Checks of the files of a repository before anybody merges them.

Start at run.py. Rules are functions from values to findings (rules.py, kustomizations.py).
"""

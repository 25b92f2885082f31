"""Kubernetes objects and YAML text as values: reading, locating, editing, ordering them.

Pure: no files, no network, no clock. Start at documents.py (text to Manifest) and identity.py
(which object is meant).
"""

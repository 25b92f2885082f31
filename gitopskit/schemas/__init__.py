"""JSON Schemas of Kubernetes objects, bundled and compressed, and the check against them.

Pure but for reading the package's own data. Start at catalog.py.
"""

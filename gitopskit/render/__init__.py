"""From the files of a revision to the objects that they describe.

Owns which files may be read (none outside the revision, none from the network) and the running of
kustomize. Must not know Git or a cluster. Start at sources.py (render).
"""

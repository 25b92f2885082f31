"""Git repositories that others write to: everything in them and every URL is untrusted.

Owns the starting of the ``git`` program, its hardening, its credentials and the cache of what was
fetched. Must not know what a repository is used for. Start at repository.py (Mirror); remotes.py,
revisions.py, addresses.py, credentials.py and failures.py are pure. A person's own clone is another
matter, and clone.py's.
"""

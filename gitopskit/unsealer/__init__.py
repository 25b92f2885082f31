"""The controller that turns SealedSecrets into Secrets and keeps them that way.

Pure: decide.py (what happens to one Secret), status.py (what the SealedSecret says about it),
memory.py (what was seen and what is settled). Shell: worker.py (one SealedSecret: read, decide,
write), sealing_keys.py, loop.py (watches and queue). Start reading at decide.py.
"""

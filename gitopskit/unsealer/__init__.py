"""The controller that turns SealedSecrets into Secrets and keeps them that way.

Pure: decide (what happens to one Secret), with claim, ownership, allowed and drift beside it;
status and closed (what the SealedSecret says about it); memory, records, evidence and contents
(what was seen and what is settled); key_life (when keys are made). Shell: worker (one pass over one
SealedSecret), report, intake (memory and queue), territory and field_watch (what is watched),
key_watch, key_life_task, certificate, server, loop. Start reading at decide.py and worker.py.
"""

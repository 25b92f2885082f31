"""The pull loop: makes a cluster equal to what Git holds, one Application at a time.

Pure: names, application, project, desired, ownership, observation, fieldsets, inventory, pruning,
status. Shell: repositories, live, inventories, writer, syncing, teardown, reconcile, loop.
Start at reconcile.py, which is the whole way of one Application.
"""

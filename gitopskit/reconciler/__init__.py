"""The pull loop: makes a cluster equal to what Git holds, one Application at a time.

Pure (the import contract in pyproject.toml lists them): names, fields, application, project,
desired, normalise, fieldsets, observation, ownership, ignoring, jq_objects, inventory, plan,
deletion_hooks, status, reporting, operations, state. Shell: repositories, goals, live, jq_paths,
permissions, writer, inventories, namespaces, syncing, teardown, publishing, reconcile,
registrations, loop, waiting.
Start at reconcile.py, which is the whole way of one Application.
"""

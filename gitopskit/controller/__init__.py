"""What both controllers run on: the work queue, the logs, and the orderly end."""

"""The command line: parse, call, print, and turn errors into exit codes.

One file per group of commands, each with ``register(app)``. Start at app.py. Implementations are
imported inside the command functions, so that ``--help`` loads none of them.
"""

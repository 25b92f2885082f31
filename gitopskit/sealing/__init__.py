"""The cryptography of one Secret, as bytes and values: nothing here reads a file or the clock.

``docs/sealed-format.md`` states the format that this package owns. Start at seal.py and unseal.py;
below them are envelope.py (the bytes of one value), scope.py, keys.py and sealed_secret.py.
"""

"""Whom a TLS client trusts: the authorities that are named, else those of the system."""

from __future__ import annotations

import ssl


def trusting(ca_pem: str) -> ssl.SSLContext:
    """Return what lets a client trust certificates in PEM form; an empty text: the system's.

    What stands between certificates may be in any language; it counts for nothing.

    Raises:
        ssl.SSLError: a certificate cannot be read, or there is none in the text.
    """
    plain = ca_pem.encode("ascii", errors="replace").decode()  # ssl takes nothing else
    return ssl.create_default_context(cadata=plain or None)

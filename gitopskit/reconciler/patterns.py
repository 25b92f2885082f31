"""Patterns of an AppProject: with wildcards, for names, addresses and kinds.

Pure.
"""

from __future__ import annotations

import re


def matches(pattern: str, text: str, *, separator: str = "") -> bool:
    """Tell whether a pattern matches: ``*`` stops at the separator, ``**`` and a lone ``*`` do not.

    Source: Argo CD's glob.Match, which uses the separator ``/`` for repositories.
    """
    if pattern == "*":
        return True
    inner = f"[^{re.escape(separator)}]" if separator else "."
    parts = {"**": ".*", "*": f"{inner}*", "?": inner}
    expression = "".join(
        parts.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*|\?)", pattern)
    )
    return re.fullmatch(expression, text, re.DOTALL) is not None

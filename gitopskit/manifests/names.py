"""What Kubernetes accepts as a name, told in words that say what to change.

Pure; knows neither files nor the API server.
"""

from __future__ import annotations

import re
from typing import Final

from gitopskit.errors import InputError

LONGEST_LABEL: Final = 63
"""Characters of a DNS label. Source: RFC 1123 section 2.1, kubernetes.io/docs "Object Names"."""

LONGEST_SUBDOMAIN: Final = 253
"""Characters of a DNS subdomain. Source: as above."""

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_LABEL_RULE: Final = "use lower-case letters, digits and `-`, a letter or digit first and last"
_SUBDOMAIN_RULE: Final = f"{_LABEL_RULE}; `.` may join such parts"
_LONGEST_SHOWN: Final = 80


def require_dns_label(value: str, *, what: str, where: str = "") -> str:
    """Return the value if it is a DNS label, as names of namespaces and Services are.

    Raises:
        InputError: it is not; the message names ``what`` and shows the value cut to 80 characters.
    """
    return _require(value, what, where=where, limit=LONGEST_LABEL, is_label=True)


def require_dns_subdomain(value: str, *, what: str, where: str = "") -> str:
    """Return the value if it is a DNS subdomain, as most objects' names are.

    Raises:
        InputError: it is not; the message names ``what`` and shows the value cut to 80 characters.
    """
    return _require(value, what, where=where, limit=LONGEST_SUBDOMAIN, is_label=False)


def _require(value: str, what: str, *, where: str, limit: int, is_label: bool) -> str:
    rule, hint = (_LABEL, _LABEL_RULE) if is_label else (_SUBDOMAIN, _SUBDOMAIN_RULE)
    if len(value) > limit:
        raise InputError(
            f"the {what} {value[:_LONGEST_SHOWN]!r} is longer than {limit} characters",
            where=where,
            hint="shorten it",
        )
    if not rule.fullmatch(value):
        raise InputError(
            f"the {what} {value[:_LONGEST_SHOWN]!r} is not a DNS name"
            if value
            else f"the {what} is empty",
            where=where,
            hint=hint,
        )
    return value

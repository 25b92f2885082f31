"""How moments are written. Pure; the reading of a clock is clock.py's."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Return the moment as Kubernetes writes times: UTC, whole seconds, ``Z``.

    Source: k8s.io/apimachinery metav1.Time.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(moment: datetime) -> str:
    """Return the moment as Kubernetes writes precise times: UTC, microseconds, ``Z``.

    Source: k8s.io/apimachinery metav1.MicroTime.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> datetime | None:
    """Return the moment that a text names in UTC, None where it names none or no time zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None

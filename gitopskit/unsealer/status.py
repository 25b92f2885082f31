"""What a SealedSecret says about its Secret: the condition ``Synced``. Pure.

Owns the words of the status and when they change. The condition and the Event share their reason.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gitopskit.errors import NAMESPACE_ENDS
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gitopskit.errors import ApiError, GitopskitError
    from gitopskit.manifests.json_types import JsonObject

SYNCED: Final = "Synced"
UNSEALED: Final = "Unsealed"
UNSEAL_FAILED: Final = "ErrUnsealFailed"
UPDATE_FAILED: Final = "ErrUpdateFailed"
"""Reasons: done; not unsealed; unsealed and not written.

Source: github.com/bitnami-labs/sealed-secrets, pkg/controller/controller.go (of its Events).
"""

DRIFTED: Final = "Drifted"
"""The reason where the Secret was changed and drift is only reported."""

_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
"""Source: OpenSSH, PROTOCOL, fingerprints; see sealing/keys.py."""

_LONGEST_MESSAGE: Final = 1000
"""Characters. Source: k8s.io/api events/v1 allows 1 kB in an Event's note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went: a reason in one word and a message for people, never with a value."""

    reason: str
    message: str

    @property
    def is_synced(self) -> bool:
        """Tell whether the Secret holds what is sealed."""
        return self.reason == UNSEALED

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing comes of another pass before something changes."""
        return self.reason in {UNSEALED, DRIFTED, NAMESPACE_ENDS}

    @property
    def is_tellable(self) -> bool:
        """Tell whether there will be anybody to tell."""
        return self.reason != NAMESPACE_ENDS

    @property
    def opened_by(self) -> frozenset[str]:
        """Return the fingerprints of the keys that a success names."""
        return frozenset(_FINGERPRINT.findall(self.message)) if self.is_synced else frozenset()


class Told(NamedTuple):
    """What a status says: the condition, and of which generation it speaks."""

    observed_generation: int
    status: str
    reason: str
    message: str

    def says(self, outcome: Outcome, generation: int) -> bool:
        """Tell whether it says an outcome, of that generation."""
        return self == (generation, _status(outcome), outcome.reason, outcome.message)

    @property
    def outcome(self) -> Outcome:
        """Return the outcome that it tells."""
        return Outcome(reason=self.reason, message=self.message)


def success(opened_by: Iterable[str]) -> Outcome:
    """Return the outcome of a Secret that holds what is sealed, with the keys that opened it."""
    fingerprints = " ".join(sorted(opened_by))
    suffix = f"; opened with {fingerprints}" if fingerprints else ""
    return Outcome(reason=UNSEALED, message=_cut(f"the Secret holds what is sealed{suffix}"))


def drift(differences: Iterable[str]) -> Outcome:
    """Return the outcome of a Secret that was changed and is left as it is."""
    found = ", ".join(differences)
    message = f"the Secret is not what is sealed, and drift is only reported: {found}"
    return Outcome(reason=DRIFTED, message=_cut(message))


def failure(reason: str, error: GitopskitError) -> Outcome:
    """Return the outcome that an error means; what it says of the place is left to the object."""
    return Outcome(reason=reason, message=_cut(f"{error.what}; {error.hint}".removesuffix("; ")))


def refusal(error: ApiError) -> Outcome:
    """Return the outcome of a write that the API server refused.

    Its hint is for whoever runs a command, not for the reader of a status.
    """
    return Outcome(reason=UPDATE_FAILED, message=_cut(f"the Secret is not written: {error.what}"))


def namespace_ends() -> Outcome:
    """Return the outcome where the namespace is being deleted, with the SealedSecret in it."""
    return Outcome(reason=NAMESPACE_ENDS, message="the namespace is being deleted")


def speaks_of_a_secret(status: JsonObject) -> bool:
    """Tell whether a status says that the Secret was written, even if it drifted since."""
    condition = _condition(status)
    return condition.get("status") == "True" or condition.get("reason") == DRIFTED


def told(content: JsonObject) -> Told | None:
    """Return what a SealedSecret's status says, None where it says nothing of the Secret."""
    status = content.get("status") or {}
    condition = _condition(status)
    if not condition:
        return None
    return Told(
        observed_generation=int(status.get("observedGeneration") or 0),
        status=sys.intern(str(condition.get("status") or "")),
        reason=sys.intern(str(condition.get("reason") or "")),
        message=sys.intern(str(condition.get("message") or "")),
    )


def is_told(content: JsonObject, outcome: Outcome) -> bool:
    """Tell whether a SealedSecret's status says this already, for its present generation."""
    said = told(content)
    return said is not None and said.says(outcome, content["metadata"].get("generation") or 0)


def patch(content: JsonObject, outcome: Outcome, *, now: datetime) -> JsonObject:
    """Return the merge patch that makes the status say this.

    It names UID and version, so that it fails where the SealedSecret changed meanwhile. The
    condition comes first, where the columns of ``kubectl get`` look for it.
    """
    metadata, status = content["metadata"], content.get("status") or {}
    others = [entry for entry in status.get("conditions") or [] if entry.get("type") != SYNCED]
    return {
        "metadata": {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]},
        "status": {
            "observedGeneration": metadata.get("generation"),
            "conditions": [_synced(_condition(status), outcome, rfc3339(now)), *others],
        },
    }


def _synced(previous: JsonObject, outcome: Outcome, now: str) -> JsonObject:
    has_turned = previous.get("status") != _status(outcome)
    turned_at = None if has_turned else previous.get("lastTransitionTime")
    return {
        "type": SYNCED,
        "status": _status(outcome),
        "reason": outcome.reason,
        "message": outcome.message,
        "lastTransitionTime": turned_at or now,
        "lastUpdateTime": now,
    }


def _status(outcome: Outcome) -> str:
    return "True" if outcome.is_synced else "False"


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"


def _condition(status: JsonObject) -> JsonObject:
    conditions = status.get("conditions") or []
    return next((entry for entry in conditions if entry.get("type") == SYNCED), {})

"""A single pass: what it refuses to begin with, and whom it comes back to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import EnvironmentFault, GitopskitError, InputError, IntegrityFault
from gitopskit.reconciler import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.reconciler.state import Tracked


def require_nobody_else(rival: str) -> None:
    """Check that no other controller is at work.

    Raises:
        IntegrityFault: Argo CD's own controller runs.
    """
    if rival:
        raise IntegrityFault(
            f"Argo CD's own controller runs: {rival}; nothing was done",
            where=f"Namespace/{names.APPLICATIONS_NAMESPACE}",
            hint="scale it to 0, or leave the Applications to it",
        )


def require_not_local(error: GitopskitError | None) -> None:
    """Check that what stands in the way is not this machine, of which no status may tell.

    Raises:
        EnvironmentFault: it is.
    """
    if error is not None and error.is_local:
        raise EnvironmentFault(
            error.what, where=error.where, hint=error.hint, is_local=True
        ) from error


def require_known(wanted: Iterable[str], known: Mapping[str, Tracked]) -> None:
    """Check that all Applications exist that are named.

    Raises:
        InputError: one does not.
    """
    for name in sorted(set(wanted) - known.keys()):
        raise InputError(
            "there is no such Application",
            where=f"Application/{names.APPLICATIONS_NAMESPACE}/{name}",
            hint="`gitopskit reconciler status` lists them",
        )


def to_try_again(done: Iterable[str], known: Mapping[str, Tracked]) -> list[str]:
    """Return those for whom another Application may have made what they lack; they begin anew."""
    left = [known[name] for name in sorted(done) if known[name].may_pass]
    for tracked in left:
        tracked.begin_anew()
    return [tracked.name for tracked in left]

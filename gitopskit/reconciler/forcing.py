"""Forcing: an object whose immutable field changed is made anew, where that is asked for.

Nothing is deleted before the API server has said in a dry run that it would take the new object:
an object that is refused for another reason stays as it is.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gitopskit.errors import (
    IMMUTABLE_FIELD,
    UNAPPROVED,
    ApiConflict,
    ApiInvalid,
    ApiNotFound,
)
from gitopskit.reconciler import names
from gitopskit.reconciler.desired import split_options
from gitopskit.reconciler.plan import PRECIOUS

if TYPE_CHECKING:
    from gitopskit.errors import ApiError
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.wishes import Wish

_THERE_ALREADY: Final = "AlreadyExists"
"""Source: k8s.io/apimachinery, StatusReasonAlreadyExists, the last that a creation is checked for.

Other conflicts (409) come from admission, which is asked before.
"""


def may_make_anew(error: ApiError, desired: Desired, *, is_asked: bool) -> bool:
    """Tell whether a refused object is deleted and created; pure.

    What takes more with it than itself is never deleted for that.
    """
    return is_asked and error.reason == IMMUTABLE_FIELD and desired.ref.kind not in PRECIOUS


def require_approval(error: ApiError, wish: Wish, live: Observation) -> None:
    """Check that an object may be deleted to be made anew; pure.

    Whose deletion a person has to approve when it leaves Git, is not deleted for this either.

    Raises:
        ApiInvalid: a person has to approve it first.
    """
    is_adopted = live.is_adopted or wish.entry.is_adopted
    is_asked_about = "Prune=confirm" in split_options(live.sync_options)
    if wish.is_approved or not (is_adopted or is_asked_about or wish.manner.is_asked_about):
        return
    raise ApiInvalid(
        error.what,
        where=str(wish.desired.ref),
        hint="it is deleted and made anew only after a person approved that",
        reason=UNAPPROVED,
    )


async def make_room(
    api: KubeClient, kind: ResourceType, desired: Desired, *, live: Observation
) -> None:
    """Delete an object, once it is sure that the new one would be taken.

    Raises:
        ApiInvalid: the new object would be refused too; nothing was deleted.
        ApiConflict: the object was replaced or changed since it was seen.
        ApiError: the API server refused or did not answer.
    """
    user = desired.applier.user
    try:
        await api.create(
            kind, desired.content, field_manager=names.OBJECT_MANAGER, dry_run=True, as_user=user
        )
    except ApiConflict as error:
        if error.reason != _THERE_ALREADY:
            raise  # a webhook's or a quota's no; only what is there already was found good
    with suppress(ApiNotFound):
        await api.delete(
            kind,
            desired.ref.name,
            desired.ref.namespace,
            uid=live.uid,
            resource_version=live.resource_version,
            propagation="Background",
            as_user=user,
        )

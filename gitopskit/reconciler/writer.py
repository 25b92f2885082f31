"""Writer: one object of an Application, read, applied and deleted in the name of its applier.

Every write says which object it means, by UID and resourceVersion, so that an object which
somebody replaced or changed meanwhile is looked at again instead of being overwritten.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from gitopskit.errors import (
    UNKNOWN_FIELD,
    ApiConflict,
    ApiForbidden,
    ApiInvalid,
    ApiNotFound,
    OwnershipConflict,
)
from gitopskit.kube.resources import NAMESPACES
from gitopskit.reconciler import names
from gitopskit.reconciler.desired import adopted
from gitopskit.reconciler.forcing import make_room, may_make_anew, require_approval
from gitopskit.reconciler.ignoring import respecting
from gitopskit.reconciler.looking import holds
from gitopskit.reconciler.observation import Applied, without_people
from gitopskit.reconciler.ownership import judge
from gitopskit.reconciler.replacing import replacement
from gitopskit.reconciler.serving import kind_of, kind_or_none, noticing
from gitopskit.reconciler.unknown_fields import known_part
from gitopskit.reconciler.wishes import Brought, comparable, has_extra, is_plain, marked

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Propagation
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.inventory import Entry
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.names import Applier
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.permissions import Permissions
    from gitopskit.reconciler.plan import Verdict
    from gitopskit.reconciler.wishes import Action, Wish

_ATTEMPTS: Final = 6
"""How often an object that keeps changing is looked at again before it is left for later."""


class Writer:
    """Reads and writes users' objects; the only place that does."""

    def __init__(self, api: KubeClient, *, live: LiveObjects, permissions: Permissions) -> None:
        """Keep whom to ask and where to note what was seen."""
        self._api = api
        self._live = live
        self._permissions = permissions

    async def read(self, ref: ObjectRef, kind: ResourceType, applier: Applier) -> JsonObject | None:
        """Return an object as it is now, or None; what we may not read, its applier reads.

        Raises:
            ApiNotFound: the kind is not served there any more.
            ApiError: the API server refused or did not answer.
        """
        user = "" if await self._live.may_read(kind) else applier.user
        try:
            async with noticing(self._api):
                return await self._api.get(kind, ref.name, ref.namespace, as_user=user)
        except ApiNotFound as error:
            if error.is_about_kind:
                raise
            return None
        except ApiForbidden:
            if ref.namespace and not await self._has_namespace(ref.namespace):
                return None
            raise

    async def look(self, entry: Entry) -> Observation | None:
        """Return what an inventoried object is now, or None where it or its kind is gone.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        try:
            content = await self._read_entry(entry)
        except ApiNotFound:  # by now it is known where the kind is served
            content = await self._read_entry(entry)
        if content is None:
            self._live.drop(entry.ref)
            return None
        return await self._live.put(content, entry.ref)

    async def _read_entry(self, entry: Entry) -> JsonObject | None:
        kind = await kind_or_none(self._api, entry.ref)
        return None if kind is None else await self.read(entry.ref, kind, entry.applier)

    async def require_right(self, desired: Desired, kind: ResourceType) -> None:
        """Check that the applier may write an object, before anything is tried.

        Raises:
            ApiForbidden: it may not, or not yet.
        """
        for verb in ("create", "patch"):
            is_allowed = await self._permissions.allows(
                verb, kind, namespace=desired.ref.namespace, as_user=desired.applier.user
            )
            if not is_allowed:
                raise ApiForbidden(
                    f"{desired.applier} may not {verb} {kind.plural}",
                    where=str(desired.ref),
                    hint="is the namespace there, with its applier and a RoleBinding of it?",
                )

    async def bring(self, wish: Wish, *, known: Observation | None = None) -> Brought:
        """Make an object what it is to be; ``known`` saves the reading of one just seen.

        Raises:
            OwnershipConflict: somebody else has it; it is left alone.
            InputError: the cluster does not know its kind, or refuses the object itself.
            ApiConflict: it keeps changing, or is being deleted.
            ApiError: the API server refused or did not answer.
        """
        desired = wish.desired
        kind = await kind_of(self._api, desired.ref, desired.version)
        await self.require_right(desired, kind)
        try:
            return await self._try(wish, kind, known)
        except ApiInvalid as error:
            live = self._live.get(desired.ref)
            if live is None or not may_make_anew(error, desired, is_asked=wish.manner.is_forced):
                raise
            require_approval(error, wish, live)
        await make_room(self._api, kind, desired, live=live)
        self._live.drop(desired.ref)
        return await self._try(wish, kind, None)

    async def _try(self, wish: Wish, kind: ResourceType, known: Observation | None) -> Brought:
        """Bring an object as often as it changes meanwhile."""
        desired = wish.desired
        if known is not None and is_plain(known, wish):
            try:
                return await self._update(wish, kind, known, desired.content)
            except (ApiConflict, ApiNotFound):
                self._live.drop(desired.ref)
        conflict: ApiConflict | None = None
        for _ in range(_ATTEMPTS):
            try:
                return await self._bring_once(wish, kind)
            except ApiConflict as error:
                conflict = error
                seen = self._live.get(desired.ref)
                if seen is not None and seen.is_being_deleted:
                    break  # its end is told by a watch, or looked for later
        raise conflict or ApiConflict("the object keeps changing", where=str(desired.ref))

    async def would_change(self, wish: Wish) -> bool:
        """Tell whether an object differs from what it is to be; asks for a dry run only.

        Raises:
            OwnershipConflict: somebody else has it.
            ApiError: the API server refused or did not answer.
        """
        desired = wish.desired
        kind = await kind_of(self._api, desired.ref, desired.version)
        live = await self.read(desired.ref, kind, desired.applier)
        if live is None:
            self._live.drop(desired.ref)
            return True
        seen = await self._live.put(live, desired.ref)
        self._require_ours(wish, seen)
        wish = await self._asked(wish, live)
        return await self._is_due(wish, kind, live=live, seen=seen)

    async def differs(self, desired: Desired) -> bool:
        """Tell whether an object that may not be written differs from what Git says; as ourselves.

        Raises:
            InputError: the cluster does not know its kind.
            ApiError: the API server refused or did not answer.
        """
        ref = desired.ref
        kind = await kind_of(self._api, ref, desired.version)
        try:
            live = await self._api.get(kind, ref.name, ref.namespace)
        except ApiNotFound:
            self._live.drop(ref)
            return True
        await self._live.put(live, ref)
        return not holds(live, desired.content)

    async def delete(self, verdict: Verdict, propagation: Propagation) -> None:
        """Delete the very object that was judged.

        Raises:
            ApiConflict: it was replaced or changed since, or is served in another version.
            ApiError: the API server refused or did not answer.
        """
        ref = verdict.entry.ref
        try:
            async with noticing(self._api):
                await self._api.delete(
                    await kind_of(self._api, ref),
                    ref.name,
                    ref.namespace,
                    uid=verdict.uid,
                    resource_version=verdict.resource_version,
                    propagation=propagation,
                    as_user=verdict.entry.applier.user,
                )
        except ApiNotFound as error:
            if not error.is_about_kind:
                raise
            raise ApiConflict("its version is not served any more", where=str(ref)) from error

    async def _bring_once(self, wish: Wish, kind: ResourceType) -> Brought:
        desired = wish.desired
        user = desired.applier.user
        name, namespace = desired.ref.name, desired.ref.namespace
        try:
            async with noticing(self._api):
                live = await self._api.get(kind, name, namespace, as_user=user)
        except ApiNotFound as error:
            if error.is_about_kind:
                raise
            return await self._create(wish, kind)
        seen = await self._live.put(live, desired.ref)
        self._require_ours(wish, seen)
        if seen.is_being_deleted:
            raise ApiConflict("the object is being deleted", where=str(desired.ref))
        wish = await self._asked(wish, live)
        manner = wish.manner
        is_due = manner.goes_beyond and await self._is_due(wish, kind, live=live, seen=seen)
        fields = without_people(live, ignored=wish.ignored)
        if is_due and manner.is_replaced:
            fields = await self._fields_to_replace(wish, kind, live) or fields
        if fields is not None:
            live = await self._take_over(kind, live, fields, user)
            seen = replace(seen, resource_version=str(live["metadata"].get("resourceVersion", "")))
        content = desired.content
        if not (is_due and manner.overrides_ignored):
            content = respecting(content, live, wish.ignored)
        return await self._update(wish, kind, seen, content)

    async def _fields_to_replace(
        self, wish: Wish, kind: ResourceType, live: JsonObject
    ) -> list[JsonObject] | None:
        """Return managedFields in which we own what Git does not have, once a dry run agreed."""
        found = replacement(live, wish.desired.content, ignored=wish.ignored)
        if found is None:
            return None
        ref = wish.desired.ref
        await self._api.patch(
            kind,
            ref.name,
            ref.namespace,
            patch=[{"op": "replace", "path": "", "value": found.rest}],
            field_manager=names.OBJECT_MANAGER,
            dry_run=True,
            as_user=wish.desired.applier.user,
        )
        return found.fields

    async def _asked(self, wish: Wish, live: JsonObject) -> Wish:
        """Return a wish with what expressions name in the object, as it is and as it is to be."""
        content = wish.desired.content
        return replace(wish, ignored=await self._live.jq.in_both(wish.ignored, live, content))

    async def _is_due(
        self, wish: Wish, kind: ResourceType, *, live: JsonObject, seen: Observation
    ) -> bool:
        """Tell whether an object differs from what it is to be, by a dry run."""
        if has_extra(wish, live) or not names.tracked_by(seen.tracking_id, wish.desired.ref):
            return True
        body = respecting(wish.desired.content, live, wish.ignored)
        result = await self._apply(wish, kind, marked(wish, seen, body), dry_run=True)
        return comparable(result) != comparable(live)

    async def _apply(
        self,
        wish: Wish,
        kind: ResourceType,
        body: JsonObject,
        *,
        force: bool = True,
        dry_run: bool = False,
    ) -> JsonObject:
        user = wish.desired.applier.user
        apply = partial(
            self._api.apply,
            kind,
            field_manager=names.OBJECT_MANAGER,
            force=force,
            dry_run=dry_run,
            as_user=user,
        )
        try:
            return (await apply(body=body)).content
        except ApiInvalid as error:
            if not wish.manner.is_lenient or error.reason != UNKNOWN_FIELD:
                raise
        body = await known_part(self._api, kind, body, as_user=user)
        return (await apply(body=body)).content

    async def _create(self, wish: Wish, kind: ResourceType) -> Brought:
        """Create an object; without force, so that one that appeared meanwhile is not taken."""
        desired = wish.desired
        if wish.entry.uid:
            await wish.before_creation(wish.entry)
        body = adopted(desired) if wish.entry.is_adopted else desired
        return await self._brought(
            wish, await self._apply(wish, kind, body.content, force=False), "created"
        )

    async def _update(
        self, wish: Wish, kind: ResourceType, seen: Observation, content: JsonObject
    ) -> Brought:
        body, is_taken = marked(wish, seen, content), wish.holder(seen) != wish.application
        precondition = {"uid": seen.uid, "resourceVersion": seen.resource_version}
        body = {**body, "metadata": {**body["metadata"], **precondition}}
        result = await self._apply(wish, kind, body)
        version = result["metadata"]["resourceVersion"]
        brought = await self._brought(
            wish, result, "unchanged" if version == seen.resource_version else "configured"
        )
        return replace(brought, is_taken=is_taken)

    async def _take_over(
        self, kind: ResourceType, live: JsonObject, fields: list[JsonObject], user: str
    ) -> JsonObject:
        """Make ours what people set with kubectl, so that the apply that follows removes it."""
        metadata = live["metadata"]
        return await self._api.patch(
            kind,
            metadata["name"],
            metadata.get("namespace", ""),
            patch=[
                {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
                {"op": "replace", "path": "/metadata/managedFields", "value": fields},
                {
                    "op": "replace",
                    "path": "/metadata/resourceVersion",
                    "value": metadata["resourceVersion"],
                },
            ],
            field_manager=names.OBJECT_MANAGER,
            as_user=user,
        )

    async def _brought(self, wish: Wish, content: JsonObject, action: Action) -> Brought:
        observation = await self._live.put(content, wish.desired.ref)
        if self._live.get(wish.desired.ref) is None:
            raise ApiConflict("the object was deleted at once", where=str(wish.desired.ref))
        return Brought(
            applied=Applied(
                uid=observation.uid,
                resource_version=observation.resource_version,
                own_digest=observation.own_digest,
                desired_digest=wish.desired.digest,
            ),
            action=action,
            is_adopted=observation.is_adopted,
        )

    def _require_ours(self, wish: Wish, seen: Observation) -> None:
        ownership = judge(
            seen,
            application=wish.holder(seen),
            ref=wish.desired.ref,
            recorded_uid=wish.entry.uid,
        )
        if ownership.standing == "foreign":
            raise OwnershipConflict(
                f"the object {ownership.reason}",
                where=str(wish.desired.ref),
                hint="remove it from one of the two, or rename it",
            )

    async def _has_namespace(self, name: str) -> bool:
        try:
            await self._api.get(NAMESPACES, name)
        except ApiNotFound:
            return False
        return True

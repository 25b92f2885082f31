"""Release: the objects of Applications are given to Argo CD, and our inventories go.

Done by a person, with a person's rights, while the reconciler does not run. Can be repeated: what
was released is left alone, and an inventory goes only when all of its objects are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import ApiNotFound, GitopskitError, InputError, IntegrityFault
from gitopskit.kube.resources import DEPLOYMENTS
from gitopskit.reconciler import names, rivals
from gitopskit.reconciler.inventories import Inventories
from gitopskit.reconciler.inventory import Inventory
from gitopskit.reconciler.releasing import patch_of
from gitopskit.reconciler.serving import kind_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.inventory import Entry

_MANAGER = "gitopskit-release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What became of one Application: how many objects were released, and what failed."""

    application: str
    count: int
    problems: tuple[str, ...] = ()


async def release(
    api: KubeClient, wanted: Sequence[str], *, dry_run: bool = False
) -> list[Released]:
    """Release the objects of Applications, of all where none is named.

    Raises:
        IntegrityFault: the reconciler runs, or an inventory cannot be read.
        InputError: an Application of that name has no inventory.
        ApiError: the API server refused or did not answer.
    """
    await _require_stopped(api)
    inventories = Inventories(api)
    await inventories.read()
    known = sorted(inventories.names())
    for name in wanted:
        if name not in known:
            raise InputError("there is no inventory of that Application", where=name)
    return [await _release(api, name, inventories, dry_run=dry_run) for name in wanted or known]


async def _require_stopped(api: KubeClient) -> None:
    try:
        found = await api.get(DEPLOYMENTS, names.OBJECT_MANAGER, names.SYSTEM_NAMESPACE)
    except ApiNotFound:
        return
    if rivals.runs(found):
        raise IntegrityFault(
            "the reconciler runs, and would mark the objects again",
            where=f"Deployment/{names.SYSTEM_NAMESPACE}/{names.OBJECT_MANAGER}",
            hint="scale it to 0 first",
        )


async def _release(
    api: KubeClient, name: str, inventories: Inventories, *, dry_run: bool
) -> Released:
    count, problems = 0, []
    for entry in inventories.load(name):
        try:
            count += await _release_object(api, name, entry, dry_run=dry_run)
        except GitopskitError as error:
            problems.append(f"{entry.ref}: {error}")
    if not problems and not dry_run:
        await inventories.save(name, Inventory())
    return Released(application=name, count=count, problems=tuple(problems))


async def _release_object(api: KubeClient, name: str, entry: Entry, *, dry_run: bool) -> bool:
    """Release one object; False where it is gone, or released already."""
    ref = entry.ref
    kind = await kind_or_none(api, ref)
    if kind is None:
        return False
    try:
        live = await api.get(kind, ref.name, ref.namespace)
        patch = patch_of(live, application=name)
        if patch:
            await api.patch(
                kind, ref.name, ref.namespace, patch=patch, field_manager=_MANAGER, dry_run=dry_run
            )
    except ApiNotFound:
        return False
    return bool(patch)

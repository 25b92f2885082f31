"""Goals: from an Application's spec to the objects that it is to consist of.

Reads the project, the repository and the render; decides with application.py, project.py and
desired.py. Refusals come as a Refused, which names the condition that tells of them.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitopskitError, InputError, PathMissing
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import application as applications
from gitopskit.reconciler import names, rollback, status, sync_plan
from gitopskit.reconciler import project as projects
from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.desired import prepare
from gitopskit.reconciler.guards import STANDARD_LIMIT
from gitopskit.reconciler.object_options import DELETION_PHASES
from gitopskit.reconciler.outcomes import hint_of
from gitopskit.reconciler.project import why_reserved
from gitopskit.reconciler.repositories import Pinned
from gitopskit.reconciler.serving import kinds_for
from gitopskit.reconciler.state import Goal
from gitopskit.reconciler.sync_windows import of_application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.discovery import Kinds
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Application
    from gitopskit.reconciler.jq_paths import JqPaths
    from gitopskit.reconciler.project import Project
    from gitopskit.reconciler.rendering import Rendered
    from gitopskit.reconciler.repositories import Repositories
    from gitopskit.reconciler.source import Source
    from gitopskit.reconciler.state import Registry, Tracked

    Seen = tuple[str, str]
    """The fingerprints of a spec and a project as a goal was derived from them."""

_MOST_REFUSALS_TOLD: Final = 10


class Refused(Exception):
    """Nothing may be written, for a reason that a person must know; ``cause`` is its error."""

    def __init__(
        self,
        condition: str,
        message: str,
        *,
        cause: GitopskitError | None = None,
        wished: frozenset[ObjectRef] | None = None,
    ) -> None:
        """Keep the type of the condition and its message, and what was wanted if that is known."""
        super().__init__(condition, message)
        self.condition = condition
        self.message = message
        self.cause = cause
        self.wished = wished

    @classmethod
    def of(cls, condition: str, error: GitopskitError) -> Refused:
        """Return the refusal that tells of an error."""
        hint = hint_of(error)
        message = f"{error}; {hint}" if hint else str(error)
        return cls(condition, message, cause=error)


class Goals:
    """Finds out what Applications are to become."""

    def __init__(
        self, api: KubeClient, *, registry: Registry, repositories: Repositories, jq: JqPaths
    ) -> None:
        """Keep whom to ask."""
        self._jq = jq
        self._api = api
        self._registry = registry
        self._repositories = repositories
        self._server_version = ""
        self.heed: Callable[[GitopskitError | None], None] = lambda _cause: None
        """Is told why an Application has no goal before its status tells of it; may raise."""

    async def find(self, tracked: Tracked) -> Goal:
        """Return the goal of an Application; the one it has, if nothing behind it changed.

        Raises:
            Refused: its spec, its project or its source does not allow one.
            ApiError: the API server refused or did not answer.
        """
        tracked.looked = tracked.fingerprint  # it may be another one when the look ends
        application, project, seen = await self._allowed(tracked)
        self._repositories.set_submodules(project)
        tracked.follows = tuple(
            Follow(source.repo_url, _revision(application, source), project.name, source.chart)
            for source in application.sources
        )
        tracked.commits, tracked.heads = (), {}
        try:
            commits = [await self._repositories.head(follow) for follow in tracked.follows]
            tracked.head = commits[0]
            tracked.heads = dict(zip(tracked.follows, commits, strict=True))
            if application.rollback_after is not None:
                commits = [await self._deployed(tracked, application, project)]
            tracked.commits = tuple(commits)
            pinned = tuple(map(Pinned, application.sources, tracked.follows, commits))
            if project.signers is not None:
                await self._repositories.require_signed(pinned, project.signers)
            asked = _key(seen, commits)
            held = await self._held(tracked, pinned, asked=asked, seen=seen)
            if held is not None:
                return held
            rendered = await self._render(tracked, pinned, asked)
        except GitopskitError as error:
            refusal = Refused.of(status.COMPARISON_ERROR, error)
            if _is_without_folder(application, error):
                refusal.wished = frozenset()
            raise refusal from error
        key = _key(seen, [rendered.key])
        goal = await self._goal(rendered, application, project, commits, key)
        tracked.asked = (asked, goal.key)
        return goal

    async def _deployed(self, tracked: Tracked, application: Application, project: Project) -> str:
        """Return the commit to deploy where a bad one is rolled back; there is one source then.

        A later commit that renders to the same is as bad. One that cannot be compared is not.
        """
        content, told, head = tracked.content, tracked.status, tracked.head
        memory = rollback.bad_memory_of(content, told)
        is_known = (
            memory is None or memory.bad == head or tracked.likeness[:2] == (memory.bad, head)
        )
        if memory is not None and not is_known:
            before = await self._contents(tracked, application, project, memory.bad)
            after = await self._contents(tracked, application, project, head)
            is_same = before is not None and before == after
            tracked.likeness = (memory.bad, head, is_same)
        return rollback.commit_of(content, told, head=head, is_as_bad=tracked.is_as_bad)

    async def _contents(
        self, tracked: Tracked, application: Application, project: Project, commit: str
    ) -> list[JsonObject] | None:
        """Return what a commit renders to, or None where it does not or may not be rendered."""
        pinned = (Pinned(application.source, tracked.follows[0], commit),)
        try:
            if project.signers is not None:
                await self._repositories.require_signed(pinned, project.signers)
            rendered = await self._rendered(pinned)
        except GitopskitError:
            return None
        return [manifest.content for manifest in rendered.manifests]

    def heads(self, follows: Iterable[Follow]) -> dict[Follow, str]:
        """Return the commits that repositories were last seen at."""
        return self._repositories.heads(follows)

    async def look(self, tracked: Tracked) -> None:
        """Ask Git now where what an Application follows is."""
        for follow in tracked.follows:
            await self._repositories.look(follow)

    async def _held(
        self, tracked: Tracked, pinned: tuple[Pinned, ...], *, asked: str, seen: Seen
    ) -> Goal | None:
        """Return the goal that an Application has, if it is that of these commits too."""
        held = tracked.goal
        if held is None or not held.key:
            return None
        if tracked.asked != (asked, held.key):
            found = await self._repositories.key(pinned)
            if not found or held.key != _key(seen, [found]):
                return None
            tracked.asked = (asked, held.key)
        return held

    async def _allowed(self, tracked: Tracked) -> tuple[Application, Project, Seen]:
        try:
            application = applications.parse(tracked.content)
            content = self._registry.projects.get(application.project)
            if content is None:
                raise InputError(
                    f'there is no AppProject "{application.project}"',
                    where=f"Application/{application.name}",
                    hint=f"create it in the namespace {names.APPLICATIONS_NAMESPACE}",
                )
            project = projects.parse(content)
            seen = (tracked.fingerprint, projects.fingerprint(content))
            _require(application, project)
            await self._jq.require(application)
        except GitopskitError as error:
            raise Refused.of(status.INVALID_SPEC, error) from error
        return application, project, seen

    async def _render(self, tracked: Tracked, sources: tuple[Pinned, ...], key: str) -> Rendered:
        """Render, unless the very same thing failed before for a reason of its own."""
        if tracked.failed_key == key and tracked.failed_render is not None:
            raise tracked.failed_render
        try:
            return await self._rendered(sources)
        except InputError as error:
            tracked.failed_key, tracked.failed_render = key, error
            raise

    async def _rendered(self, sources: tuple[Pinned, ...]) -> Rendered:
        kinds = await self._api.kinds()
        self._repositories.set_server(
            kube_version=await self._version(), api_versions=kinds.api_versions()
        )
        return await self._repositories.render(sources)

    async def _goal(
        self,
        rendered: Rendered,
        application: Application,
        project: Project,
        commits: list[str],
        key: str,
    ) -> Goal:
        refs = [manifest.ref for manifest in rendered.manifests]
        kinds = await kinds_for(self._api, ((ref.group, ref.kind, "") for ref in refs))
        prepared = prepare(
            rendered.manifests,
            application=application,
            project=project,
            is_namespaced=lambda group, kind: _is_namespaced(kinds, group, kind),
        )
        refusals = prepared.refusals or sync_plan.problems(prepared.objects)
        if refusals:
            more = len(refusals) - _MOST_REFUSALS_TOLD
            told = list(refusals[:_MOST_REFUSALS_TOLD])
            raise Refused(
                status.INVALID_SPEC,
                "; ".join([*told, f"and {more} more"] if more > 0 else told),
                wished=prepared.wished,
            )
        ends = tuple(it for it in prepared.objects if it.phase in DELETION_PHASES)
        objects = tuple(it for it in prepared.objects if it not in ends)
        digests = "".join(sorted(desired.digest for desired in objects))
        is_known = all(kinds.find(it.ref.group, it.ref.kind) for it in prepared.objects)
        return Goal(
            application=application,
            commit=commits[0],
            commits=tuple(commits) if commits[1:] else (),
            # A kind that is not known yet may turn out to have no namespace: look again then.
            key=key if is_known else "",
            digest=hashlib.sha256(digests.encode()).hexdigest(),
            source_types=rendered.source_types,
            objects=tuple(it for it in objects if not it.is_hook),
            hooks=tuple(it for it in objects if it.is_hook),
            deletion_hooks=ends,
            windows=of_application(project.windows, application),
            deletion_limit=application.deletion_limit or project.deletion_limit or STANDARD_LIMIT,
        )

    async def _version(self) -> str:
        """Return the server's version, asked for once: who upgrades it restarts the reconciler."""
        if not self._server_version:
            self._server_version = await self._api.version()
        return self._server_version


def _key(seen: Seen, parts: list[str]) -> str:
    """Return what tells a goal from others: spec, project, and commits or what they hold.

    What was seen when the look began counts: both may be others by now, and are looked at again.
    """
    matter = json.dumps([seen[0], parts, seen[1]])
    return hashlib.sha256(matter.encode(errors="surrogateescape")).hexdigest()


def _is_without_folder(application: Application, error: GitopskitError) -> bool:
    """Tell whether the folder of an Application is gone, so that it holds nothing for sure."""
    paths = [source.path for source in application.sources]
    return isinstance(error, PathMissing) and paths == [error.where]


def _require(application: Application, project: Project) -> None:
    where = f"Application/{application.name}"
    namespace = application.namespace
    for source in application.sources:
        if not project.permits_source(source.repo_url):
            raise InputError(
                f'the project "{project.name}" does not allow the repository {source.repo_url}',
                where=where,
                hint="add it to the project's sourceRepos",
            )
    is_marked = bool(application.policy.namespace_metadata)
    if is_marked and not project.permits_kind(ObjectRef("", "Namespace", "", namespace)):
        raise InputError(
            f'the project "{project.name}" does not allow Namespace/{namespace},'
            " so spec.syncPolicy.managedNamespaceMetadata cannot be set",
            where=where,
            hint="add the kind Namespace to the project's clusterResourceWhitelist",
        )
    if not application.policy.creates_namespace or project.permits_namespace(namespace):
        return
    if project.permits_looking(namespace):
        raise InputError(
            f'the namespace "{namespace}" cannot be created: {why_reserved(namespace)}',
            where=where,
        )
    raise InputError(
        f'the project "{project.name}" does not list the namespace "{namespace}",'
        " so it cannot be created",
        where=where,
        hint="add it to the project's destinations",
    )


def _revision(application: Application, source: Source) -> str:
    """Return what is followed: for a sync to a revision that one, until it has ended."""
    request = application.operation
    is_free = not application.policy.is_automated and len(application.sources) == 1
    asked = request.revision if request is not None and is_free else ""
    return asked or source.target_revision


def _is_namespaced(kinds: Kinds, group: str, kind: str) -> bool | None:
    found = kinds.find(group, kind)
    return None if found is None else found.is_namespaced

"""Repositories: which commit a revision is now, and what a path of that commit renders to.

Git and rendering block, so they run in threads: those that wait for servers apart from those that
build. Every repository is asked once per poll for all that follow the same revision of it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

import structlog

from gitopskit.clock import SystemClock
from gitopskit.errors import GitFailed, GitopskitError, InputError
from gitopskit.git.nesting import nested_snapshot
from gitopskit.git.repository import Mirror
from gitopskit.git.submodules import SubmoduleRule
from gitopskit.git.tree_hashes import TreeHashes
from gitopskit.reconciler.access import RepositoryAccess
from gitopskit.reconciler.answers import Answers
from gitopskit.reconciler.batches import Batches
from gitopskit.reconciler.caches import CHARTS, MIRRORS, Caches
from gitopskit.reconciler.chart_repositories import CHART_FOLDER, ChartRepository
from gitopskit.reconciler.lanes import AT_ONCE, Lanes, Question, Rounds
from gitopskit.reconciler.rendering import (
    Place,
    Rendered,
    Renders,
    inputs_of,
    is_told_by_trees,
    key_of,
)
from gitopskit.reconciler.shared_looks import SharedLooks
from gitopskit.reconciler.threads import Threads, question_about
from gitopskit.reconciler.turns import Turns
from gitopskit.redaction import scrub
from gitopskit.render.helm import Release
from gitopskit.render.sources import RenderSource, render, require_objects, way_of_rendering
from gitopskit.render.together import build_paths
from gitopskit.render.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from gitopskit.git.remotes import Remote
    from gitopskit.git.signatures import Trust
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.reconciler.application import Follow, Source
    from gitopskit.reconciler.project import Project
    from gitopskit.reconciler.signers import Signers
    from gitopskit.render.programs import Programs
    from gitopskit.render.together import Built

_Arguments = TypeVarTuple("_Arguments")
_Answer = TypeVar("_Answer")

_LOG: Final = structlog.get_logger("reconciler")
_RENDERERS: Final = 2
"""So many builds at once, each with the memory of ``RenderLimits``, fit into the container."""

_MOST_TREES: Final = 32
"""Commits of which the hashes of all folders are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryOptions:
    """Where copies of repositories are kept, which programs read them, what is allowed."""

    cache_dir: Path
    path: str
    programs: Programs
    allows_local: bool = False


@dataclass(frozen=True, slots=True)
class Pinned:
    """A source of an Application, the revision that is followed, and the commit that it is now."""

    source: Source
    follow: Follow
    commit: str


class Repositories:
    """Every repository that Applications name."""

    def __init__(
        self,
        options: RepositoryOptions,
        *,
        on_news: Callable[[Follow], None] = lambda _follow: None,
    ) -> None:
        """Store the options, and whom a look tells of news; nothing is fetched yet."""
        self._options = options
        self._on_news = on_news
        self._access = RepositoryAccess(allows_local=options.allows_local, clock=SystemClock())
        self._mirrors: dict[tuple[str, str], Mirror] = {}
        self._heads = Answers()
        clock = SystemClock()
        self._looks = SharedLooks(self._look)
        self._askers = Threads(Lanes(), most=AT_ONCE, name="git", clock=clock)
        self._renderers = Threads(Rounds(_RENDERERS), most=_RENDERERS, name="render", clock=clock)
        self._caches = Caches(options.cache_dir, clock=clock)
        self._server = Release(name="", namespace="")
        self._renders = Renders()
        self._batches = Batches(self._build_together)
        self._trees: OrderedDict[tuple[str, str, str], TreeHashes] = OrderedDict()
        self._rules: dict[str, SubmoduleRule] = {}
        self._readings = Turns(asyncio.Lock)

    def set_secrets(self, secrets: Iterable[JsonObject]) -> None:
        """Take in the repository Secrets as they are now; what failed is tried with them."""
        self._access.set_secrets(secrets)
        self._heads.forget_failures()

    def set_config_maps(self, config_maps: Iterable[JsonObject]) -> None:
        """Take in the ConfigMaps that say whom to trust."""
        self._access.set_config_maps(config_maps)
        self._heads.forget_failures()

    def set_server(self, *, kube_version: str, api_versions: tuple[str, ...]) -> None:
        """Take in what charts are told of the cluster from now on; nothing is rendered anew."""
        self._server = replace(self._server, kube_version=kube_version, api_versions=api_versions)

    def set_submodules(self, project: Project) -> None:
        """Take in whether, and from where, submodules are read for a project from now on."""
        key = " ".join(("from", *project.source_repos)) if project.has_submodules else ""
        before = self._rules.get(project.name)
        if project.has_submodules:
            self._rules[project.name] = SubmoduleRule(key=key, permits=project.permits_source)
        else:
            self._rules.pop(project.name, None)
        if key != (before.key if before else ""):
            self._trees.clear()

    async def head(self, follow: Follow) -> str:
        """Return the commit of a revision as last asked for; asks if nobody did.

        Raises:
            GitopskitError: the repository cannot be used or reached, or has no such revision.
        """
        while (found := self._heads.find(follow)) is None:
            await self._looks.any(follow)
        if isinstance(found, GitopskitError):
            raise found
        return found

    async def look(self, follow: Follow) -> bool:
        """Ask for the commit of a revision; tell whether the answer is another one than before."""
        is_news = await self._looks.fresh(follow)
        if is_news:
            self._on_news(follow)
        return is_news

    async def _look(self, follow: Follow, on_begin: Callable[[], object]) -> bool:
        number = self._heads.question()
        try:
            found: str | GitopskitError = await self._askers.do(
                question_about(follow), self._resolve, follow, on_begin=on_begin
            )
        except GitopskitError as error:
            found = error
            if str(error) != str(self._heads.find(follow)):
                _LOG.warning("repository_not_read", problem=str(error), hint=error.hint)
        except Exception as error:  # noqa: BLE001 -- one odd repository must not end the others
            kind = type(error).__name__  # the message may show what a credential holds
            _LOG.error("repository_not_read", repository=scrub(follow.url), problem=kind)
            found = GitFailed(
                f"reading the repository failed in an unforeseen way ({kind})",
                where=scrub(follow.url),
                hint="check the repository Secret and the ConfigMaps that go with it",
            )
        return self._heads.keep(follow, found, question=number)

    def heads(self, follows: Iterable[Follow]) -> dict[Follow, str]:
        """Return the commits of those revisions of which one is known."""
        return self._heads.commits(follows)

    def mirror(self, follow: Follow) -> Mirror | None:
        """Return the copy of a repository, if there is one by now."""
        return self._mirrors.get((follow.url, follow.project))

    def unread(self) -> int:
        """Return how many revisions could not be read when last asked for."""
        return self._heads.unread()

    def keep_only(self, follows: Iterable[Follow]) -> None:
        """Forget the revisions that nobody follows any more, and what is cached of them."""
        wanted = set(follows)
        self._heads.keep_only(wanted)
        places = {(follow.url, follow.project) for follow in wanted}
        self._mirrors = {place: held for place, held in self._mirrors.items() if place in places}
        used = {held.name for held in self._mirrors.values()}
        self._askers.submit(self._caches.clean, used, self.heads(wanted))

    async def require_signed(self, sources: Iterable[Pinned], signers: Signers) -> None:
        """Return if every commit is signed by one of the signers.

        Raises:
            GitopskitError: one is not, or is no commit of Git, or cannot be fetched or checked.
        """
        trust = self._access.trust(signers)
        for pinned in sources:
            await self._bring(pinned.follow, self._verify, pinned, trust)

    async def key(self, sources: Sequence[Pinned]) -> str:
        """Return the key of what some sources render to; empty where it takes a render to know.

        Raises:
            GitopskitError: a commit cannot be fetched.
        """
        return self._renders.key(_place(sources), [await self._tree_hashes(it) for it in sources])

    async def render(self, sources: Sequence[Pinned]) -> Rendered:
        """Return what the paths of some commits render to together.

        Raises:
            GitopskitError: a commit cannot be fetched, a path does not build, or two sources
                render to the same object.
        """
        place, trees = _place(sources), [await self._tree_hashes(it) for it in sources]
        kept = self._renders.find(place, self._renders.key(place, trees))
        if kept is not None:
            return kept
        snapshots = [
            await self._bring(it.follow, self._fetch, it.follow, it.commit) for it in sources
        ]
        found = place.sources
        together = await self._with_others(snapshots[0], found)
        if together is not None:
            built, inputs = together
        else:
            question = question_about(sources[0].follow)
            built = await self._renderers.do(question, self._build_all, snapshots, found)
            inputs = await self._renderers.do(question, inputs_of, snapshots, found)
        rendered = replace(built, key=key_of(inputs, trees))
        if is_told_by_trees(place.sources, trees, rendered):
            self._renders.keep(place, inputs, rendered)
        return rendered

    async def _with_others(
        self, snapshot: Snapshot, sources: Sequence[Source]
    ) -> tuple[Rendered, tuple[tuple[PurePosixPath, ...], ...]] | None:
        """Return what one overlay renders to, built with others that are asked for just now."""
        source = sources[0]
        has_options = source.directory or source.kustomize or source.helm or source.chart
        if sources[1:] or has_options or not source.is_rendered:
            return None
        built = await self._batches.build(snapshot, source.path)
        if built is None:
            return None
        require_objects(built.manifests)
        return Rendered(manifests=built.manifests, source_types=("Kustomize",)), (built.inputs,)

    async def _build_together(self, snapshot: Snapshot, paths: Sequence[str]) -> dict[str, Built]:
        build = partial(build_paths, snapshot, paths, programs=self._options.programs)
        question = Question(repository=str(snapshot.root.parent))
        return await self._renderers.do(question, build)

    def close(self) -> None:
        """Take no more work; what threads are doing they finish."""
        self._askers.close()
        self._renderers.close()

    async def _bring(
        self,
        follow: Follow,
        work: Callable[[*_Arguments], _Answer],
        *arguments: *_Arguments,
    ) -> _Answer:
        """Do what may bring files from a server."""
        question = question_about(follow, is_transfer=True)
        return await self._askers.do(question, work, *arguments)

    def _resolve(self, follow: Follow) -> str:
        remote = self._access.remote(follow)
        if follow.chart:
            return self._charts(follow).version(remote, follow.chart, follow.revision)
        return self._mirror(remote, follow.project).resolve_revision(remote, follow.revision)

    def _verify(self, pinned: Pinned, trust: Trust) -> None:
        if pinned.source.chart:
            raise InputError(
                "the project wants signed commits, which a repository of charts does not have",
                where=pinned.follow.url,
                hint="keep the chart in Git, or use a project without that rule",
            )
        remote = self._access.remote(pinned.follow)
        self._mirror(remote, pinned.follow.project).require_signed(remote, pinned.commit, trust)

    def _fetch(self, follow: Follow, commit: str) -> Snapshot:
        remote = self._access.remote(follow)
        if follow.chart:
            return self._charts(follow).snapshot(remote, follow.chart, commit)
        rule = self._rules.get(follow.project)
        if rule is not None:
            open_url = partial(self._open, follow)
            return nested_snapshot(open_url, follow.url, commit, rule=rule)
        return self._mirror(remote, follow.project).snapshot(remote, commit)

    def _open(self, follow: Follow, url: str) -> tuple[Mirror, Remote]:
        remote = self._access.remote(replace(follow, url=url))
        return self._mirror(remote, follow.project), remote

    def _charts(self, follow: Follow) -> ChartRepository:
        return ChartRepository(
            helm=self._options.programs.require_helm(),
            cache_dir=self._options.cache_dir / CHARTS,
            project=follow.project,
        )

    def _build_all(self, snapshots: Sequence[Snapshot], sources: Sequence[Source]) -> Rendered:
        others = {
            source.ref: snapshot
            for snapshot, source in zip(snapshots, sources, strict=True)
            if source.ref
        }
        built = [
            self._build(snapshot, source, others)
            for snapshot, source in zip(snapshots, sources, strict=True)
            if source.is_rendered
        ]
        manifests = tuple(manifest for it in built for manifest in it.manifests)
        require_objects(manifests)
        ways = tuple(way for it in built for way in it.source_types)
        return Rendered(manifests=manifests, source_types=ways)

    def _build(
        self, snapshot: Snapshot, source: Source, others: Mapping[str, Snapshot]
    ) -> Rendered:
        path = CHART_FOLDER if source.chart else source.path
        wanted = RenderSource(
            path=path,
            directory=source.directory,
            kustomize=source.kustomize,
            helm=source.helm,
            release=replace(self._server, name=source.release, namespace=source.namespace),
        )
        manifests = render(snapshot, wanted, programs=self._options.programs, others=others)
        tree = Tree.at(snapshot.root)
        folder = tree.resolve(PurePosixPath(), path, where=path)
        way = way_of_rendering(tree, folder, wanted)
        return Rendered(manifests=manifests, source_types=(way,))

    async def _tree_hashes(self, pinned: Pinned) -> TreeHashes:
        follow = pinned.follow
        which = (follow.url, follow.project, pinned.commit)
        async with self._readings[which[:2]]:
            if which not in self._trees:
                self._trees[which] = await self._bring(follow, self._read_trees, pinned)
                if len(self._trees) > _MOST_TREES:
                    self._trees.popitem(last=False)
            self._trees.move_to_end(which)
            return self._trees[which]

    def _read_trees(self, pinned: Pinned) -> TreeHashes:
        if pinned.source.chart:
            return TreeHashes(whole=pinned.commit)
        self._fetch(pinned.follow, pinned.commit)
        mirror = self._mirror(self._access.remote(pinned.follow), pinned.follow.project)
        rule = self._rules.get(pinned.follow.project)
        try:
            hashes = mirror.tree_hashes(pinned.commit)
            return replace(hashes, whole=f"{hashes.whole} {rule.key}") if rule else hashes
        except GitFailed:  # its files are still there, the mirror was made anew since
            return TreeHashes(whole=pinned.commit)

    def _mirror(self, remote: Remote, project: str) -> Mirror:
        """Return a project's own copy: another project may lack the credential that filled it."""
        held = self._mirrors.get((remote.url, project))
        if held is None:
            held = Mirror(
                remote.url,
                cache_dir=self._options.cache_dir / MIRRORS,
                path=self._options.path,
                scope=project,
            )
            self._mirrors[(remote.url, project)] = held
        return held


def _place(sources: Sequence[Pinned]) -> Place:
    return Place(sources[0].follow.project, tuple(it.source for it in sources))

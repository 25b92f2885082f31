"""Charts from Git, on the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.gitrepo import SourceRepository
from tests.support.reconciling import World, running

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.kube.client import KubeClient

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {color: {{ .Values.color | quote }}, size: {{ .Values.size | quote }}}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/values.yaml": "color: red\nsize: small\n",
    "chart/templates/all.yaml": TEMPLATE,
}


async def test_a_chart_is_rendered_with_the_values_of_another_source(
    world: World, reconciler_client: KubeClient, helm: Path, unique: str, tmp_path: Path
) -> None:
    other = SourceRepository.create(tmp_path / "values.git")
    other.commit({"prod.yaml": "color: blue\n"})
    world.repository.commit(CHART)
    options = {
        "valueFiles": ["$values/prod.yaml"],
        "parameters": [{"name": "size", "value": "large"}],
    }
    sources = [
        {"repoURL": world.url, "targetRevision": "main", "path": "chart", "helm": options},
        {"repoURL": str(other.folder), "targetRevision": "main", "ref": "values"},
    ]
    await world.project(unique, sourceRepos=["*"])
    await world.application(unique, project=unique, source=None, sources=sources)

    async with running(reconciler_client, world.cache_dir, helm=str(helm)):
        status = await world.until_synced(unique)

    assert await world.data(unique) == {"color": "blue", "size": "large"}
    assert status["sourceType"] == "Helm"


async def test_a_chart_is_told_what_the_cluster_has(
    world: World, reconciler_client: KubeClient, helm: Path, unique: str
) -> None:
    template = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata:\n"
        "  version: {{ .Capabilities.KubeVersion.Version }}\n"
        '  ours: {{ .Capabilities.APIVersions.Has "argoproj.io/v1alpha1/AppProject" | quote }}\n'
        '  none: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}\n'
    )
    world.repository.commit({**CHART, "chart/templates/all.yaml": template})
    await world.project(unique)
    await world.application(unique, project=unique, path="chart")

    async with running(reconciler_client, world.cache_dir, helm=str(helm)):
        await world.until_synced(unique)

    version = await world.admin.version()
    assert await world.data(unique) == {"version": version, "ours": "true", "none": "false"}


async def test_a_chart_without_helm_is_told(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit(CHART)
    await world.project(unique)
    await world.application(unique, project=unique, path="chart")

    async with running(reconciler_client, world.cache_dir):
        message = await world.until_condition(unique, "ComparisonError")

    assert "helm is not installed" in message

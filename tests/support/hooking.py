"""Jobs for tests of hooks, which end when their test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.kube.resources import ResourceType
from tests.support.polling import eventually

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.reconciling import World

JOBS: Final = ResourceType(group="batch", version="v1", plural="jobs", kind="Job")
COMPLETE: Final = {
    "startTime": "2026-01-01T00:00:00Z",
    "completionTime": "2026-01-01T00:00:01Z",
    "succeeded": 1,
    "conditions": [
        {"type": "SuccessCriteriaMet", "status": "True"},
        {"type": "Complete", "status": "True"},
    ],
}
FAILED: Final = {
    "startTime": "2026-01-01T00:00:00Z",
    "failed": 1,
    "conditions": [
        {"type": "FailureTarget", "status": "True", "message": "no luck"},
        {"type": "Failed", "status": "True", "message": "no luck"},
    ],
}


def annotated(content: JsonObject, **annotations: str) -> JsonObject:
    """Return an object with annotations of Argo CD's, named without their prefix."""
    given = {f"argocd.argoproj.io/{name.replace('_', '-')}": it for name, it in annotations.items()}
    metadata = content["metadata"]
    known = {**(metadata.get("annotations") or {}), **given}
    return {**content, "metadata": {**metadata, "annotations": known}}


def job(name: str, hook: str = "", *, is_generated: bool = False, **spec: JsonValue) -> JsonObject:
    """Return a Job that nobody but its test ends: the Job controller leaves it alone."""
    key = "generateName" if is_generated else "name"
    content: JsonObject = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {key: name},
        "spec": {
            "managedBy": "example.com/tests",
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "main", "image": "registry.example/job:1"}],
                }
            },
            **spec,
        },
    }
    return annotated(content, hook=hook) if hook else content


async def until_job(world: World, name: str) -> JsonObject:
    """Wait until a Job is there and return it."""
    found: list[JsonObject] = []

    async def is_there() -> bool:
        content = await world.get(JOBS, name)
        found[:] = [content] if content else []
        return content is not None

    await eventually(is_there)
    return found[0]


async def end(world: World, name: str, status: JsonObject) -> JsonObject:
    """Wait until a Job is there and end it, as the Job controller would."""
    content = await until_job(world, name)
    await world.admin.patch(
        JOBS,
        name,
        world.namespace,
        patch={"status": status},
        subresource="status",
        field_manager="tests",
    )
    return content


async def until_told(world: World, name: str, phase: str, containing: str = "") -> JsonObject:
    """Wait until the operation of an Application is in a phase and says something."""

    async def is_told() -> bool:
        state = (await world.status(name)).get("operationState") or {}
        return state.get("phase") == phase and containing in state.get("message", "")

    try:
        await eventually(is_told)
    except TimeoutError as error:
        raise AssertionError(await world.status(name)) from error
    state: JsonObject = (await world.status(name))["operationState"]
    return state

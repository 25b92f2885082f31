"""What the server itself makes of an object, by policy or webhook, is no difference from Git."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, ResourceType
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]
GROUP: Final = "admissionregistration.k8s.io"
MUTATE: Final = 'Object{data: {"color": "blue"}}'


def kind(name: str) -> ResourceType:
    plural = "mutatingadmissionpolicies" if name.endswith("Policy") else f"{name.lower()}s"
    return ResourceType(group=GROUP, version="v1", plural=plural, kind=name, is_namespaced=False)


@asynccontextmanager
async def painting(world: World, name: str) -> AsyncIterator[None]:
    """Have the API server paint every ConfigMap of the namespace that is labelled, blue."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
    policy: JsonObject = {
        "matchConstraints": {
            "resourceRules": [{**rule, "operations": ["CREATE", "UPDATE"]}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
            "objectSelector": {"matchLabels": {"painted": name}},
        },
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [
            {
                "patchType": "ApplyConfiguration",
                "applyConfiguration": {"expression": MUTATE},
            }
        ],
    }
    made = []
    for what, spec in (
        ("MutatingAdmissionPolicy", policy),
        ("MutatingAdmissionPolicyBinding", {"policyName": name}),
    ):
        body = {"apiVersion": f"{GROUP}/v1", "kind": what, "metadata": {"name": name}, "spec": spec}
        made.append((kind(what), await world.admin.create(kind(what), body, field_manager="tests")))
    try:
        probe = painted(name, color="red")
        probe["metadata"] = {**probe["metadata"], "name": "probe", "namespace": world.namespace}

        async def is_painted() -> bool:
            found = await world.admin.apply(
                CONFIG_MAPS, probe, field_manager="tests", force=True, dry_run=True
            )
            return bool(found.content["data"]["color"] == "blue")

        await eventually(is_painted)
        yield
    finally:
        for resource, content in made:
            await world.admin.delete(resource, name, uid=content["metadata"]["uid"])


def painted(name: str, **data: str) -> JsonObject:
    content = annotated(config_map(name, **data), compare_options="IncludeMutationWebhook=true")
    return {**content, "metadata": {**content["metadata"], "labels": {"painted": name}}}


async def test_what_the_server_makes_of_an_object_is_no_difference(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(painted(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with painting(world, unique), reconciler():
        await world.until_synced(unique)
        before = await world.get(CONFIG_MAPS, unique) or {}
        await world.admin.patch(
            APPLICATIONS,
            unique,
            "argocd",
            patch={"spec": {"syncPolicy": {"automated": None}}},
            field_manager="tests",
        )
        await world.application(f"{unique}-other", project=unique, path="missing")
        await world.until_condition(f"{unique}-other", "ComparisonError")  # others were worked on
        await world.until_synced(unique)  # now it is only compared

    after = await world.get(CONFIG_MAPS, unique) or {}
    assert before["data"] == {"color": "blue"}
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]

"""Which health each kind has, by what the real controllers make of it; and what a sync makes of it.

Nodes are simulated: an image whose tag begins with "crash" never comes up. What only a controller
of somebody else says, an address of a balancer for one, is said here by the test.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, SERVICES
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import JOBS, annotated, until_told
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text
from tests.support.widgets import definition, grant, widgets

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

NAME: Final = "judged"
LABELS: Final = {"app": NAME}
GOOD: Final = "registry.example/app:1"
BAD: Final = "registry.example/app:crash"
NOWHERE: Final[dict[str, JsonValue]] = {"nodeSelector": {"no": "such-node"}}


def thing(api_version: str, kind: str, **content: object) -> JsonObject:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": NAME}, **content}


def template(image: str = GOOD, **spec: JsonValue) -> JsonObject:
    containers = [{"name": "main", "image": image}]
    return {"metadata": {"labels": LABELS}, "spec": {"containers": containers, **spec}}


def workload(kind: str, pod: JsonObject | None = None, **spec: JsonValue) -> JsonObject:
    selector = {"matchLabels": LABELS}
    return thing(
        "apps/v1", kind, spec={"selector": selector, "template": pod or template(), **spec}
    )


def job(image: str = GOOD, **spec: JsonValue) -> JsonObject:
    pod = {"spec": template(image)["spec"] | {"restartPolicy": "Never"}}
    return thing("batch/v1", "Job", spec={"template": pod, "backoffLimit": 0, **spec})


def claim() -> JsonObject:
    requests = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": requests}
    return thing("v1", "PersistentVolumeClaim", spec=spec)


def cron_job(*, is_suspended: bool) -> JsonObject:
    spec = {
        "schedule": "0 0 1 1 *",
        "suspend": is_suspended,
        "jobTemplate": {"spec": job()["spec"]},
    }
    return thing("batch/v1", "CronJob", spec=spec)


def balancer(kind: str = "LoadBalancer") -> JsonObject:
    return thing("v1", "Service", spec={"type": kind, "selector": LABELS, "ports": [{"port": 80}]})


INGRESS: Final = thing(
    "networking.k8s.io/v1",
    "Ingress",
    spec={"defaultBackend": {"service": {"name": NAME, "port": {"number": 80}}}},
)
ADDRESS: Final = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
SCALER: Final = thing(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    spec={
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"},
        "maxReplicas": 2,
    },
)
BUDGET: Final = thing(
    "policy/v1", "PodDisruptionBudget", spec={"selector": {"matchLabels": LABELS}}
)


class Case(NamedTuple):
    """An object, its health, and what another controller says in its status meanwhile."""

    content: JsonObject
    health: str
    status: JsonObject | None = None


CASES: Final[dict[str, Case]] = {
    "config-map": Case(thing("v1", "ConfigMap", data={"a": "b"}), "Healthy"),
    "secret": Case(thing("v1", "Secret", stringData={"a": "b"}), "Healthy"),
    "deployment": Case(workload("Deployment", replicas=2), "Healthy"),
    "deployment-of-none": Case(workload("Deployment", replicas=0), "Healthy"),
    "deployment-paused": Case(workload("Deployment", paused=True), "Suspended"),
    "deployment-that-crashes": Case(workload("Deployment", template(BAD)), "Degraded"),
    "deployment-that-is-late": Case(
        workload("Deployment", template(**NOWHERE), progressDeadlineSeconds=1), "Degraded"
    ),
    "deployment-without-a-place": Case(workload("Deployment", template(**NOWHERE)), "Progressing"),
    "stateful-set": Case(workload("StatefulSet", serviceName=NAME, replicas=2), "Healthy"),
    "stateful-set-without-a-place": Case(
        workload("StatefulSet", template(**NOWHERE), serviceName=NAME), "Progressing"
    ),
    "stateful-set-by-hand": Case(
        workload("StatefulSet", serviceName=NAME, updateStrategy={"type": "OnDelete"}), "Healthy"
    ),
    "daemon-set": Case(workload("DaemonSet"), "Healthy"),
    "daemon-set-that-crashes": Case(workload("DaemonSet", template(BAD)), "Degraded"),
    "job-that-is-done": Case(job(), "Healthy"),
    "job-that-fails": Case(job(BAD), "Degraded"),
    "job-that-runs": Case(job(managedBy="example.com/tests"), "Progressing"),
    "job-suspended": Case(job(suspend=True), "Suspended"),
    "cron-job": Case(cron_job(is_suspended=False), "Healthy"),
    "cron-job-suspended": Case(cron_job(is_suspended=True), "Suspended"),
    "claim-that-nobody-binds": Case(claim(), "Progressing"),
    "service": Case(balancer("ClusterIP"), "Healthy"),
    "balancer-without-an-address": Case(balancer(), "Progressing"),
    "balancer": Case(balancer(), "Healthy", ADDRESS),
    "ingress-without-an-address": Case(INGRESS, "Progressing"),
    "ingress": Case(INGRESS, "Healthy", ADDRESS),
    "scaler-without-a-target": Case(SCALER, "Degraded"),
    "budget": Case(BUDGET, "Healthy"),
    "limit-range": Case(thing("v1", "LimitRange", spec={"limits": []}), "Healthy"),
}


async def prepare(world: World, name: str, *contents: JsonObject, **spec: JsonValue) -> None:
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(name)
    await world.application(name, project=name, **spec)


async def until_health(world: World, name: str, wanted: str) -> None:
    async def is_so() -> bool:
        status = await world.status(name)
        health = (status.get("health") or {}).get("status")
        of_all = [(it.get("health") or {}).get("status") for it in status.get("resources") or ()]
        return health == wanted and set(of_all) <= {wanted, None}

    try:
        await eventually(is_so, timeout_seconds=20)
    except TimeoutError as error:
        raise AssertionError(await world.status(name)) from error


@pytest.mark.parametrize("what", CASES)
async def test_the_health_of_a_kind_is_what_its_controller_makes_of_it(
    world: World, reconciler: Run, unique: str, what: str
) -> None:
    case = CASES[what]
    group = case.content["apiVersion"].rpartition("/")[0]
    kind = (await world.admin.kinds()).find(group, case.content["kind"])
    assert kind is not None
    await prepare(world, unique, case.content, finalizer=True)

    async def exists() -> bool:
        return await world.get(kind, NAME) is not None

    async with reconciler():
        await eventually(exists)
        if case.status:
            await world.admin.patch(
                kind,
                NAME,
                world.namespace,
                patch={"status": case.status},
                field_manager="somebody",
                subresource="status",
            )
        await until_health(world, unique, case.health)
        live = await world.admin.get(kind, NAME, world.namespace)
        await world.clean_up()
        await world.admin.delete(
            kind, NAME, world.namespace, uid=live["metadata"]["uid"], propagation="Foreground"
        )
        await world.until_gone(kind, NAME)


CUSTOM: Final[dict[str, tuple[list[JsonObject], str]]] = {
    "without-conditions": ([], "Healthy"),
    "ready": ([{"type": "Ready", "status": "True"}], "Healthy"),
    "broken": ([{"type": "Ready", "status": "False"}], "Degraded"),
    "stalled": ([{"type": "Stalled", "status": "True"}], "Degraded"),
    "reconciling": ([{"type": "Reconciling", "status": "True"}], "Progressing"),
}


async def test_a_kind_that_nobody_knows_is_judged_by_its_conditions(
    world: World, reconciler: Run, unique: str
) -> None:
    """The kind is one that we may not watch, so that it is read at each poll."""
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "one"}}
    world.repository.commit({"app/all.yaml": text(definition(group), widget)})
    kinds = [{"group": "apiextensions.k8s.io", "kind": "CustomResourceDefinition"}]
    await world.project(unique, clusterResourceWhitelist=kinds)
    await world.application(unique, project=unique)
    told = {}

    async with reconciler():
        await world.until_synced(unique)
        for what, (conditions, wanted) in CUSTOM.items():
            await world.admin.patch(
                widgets(group),
                "one",
                world.namespace,
                patch={"status": {"conditions": conditions}},
                field_manager="somebody",
            )
            await world.until_synced(unique, health=wanted)
            told[what] = wanted

    assert told == {what: wanted for what, (_, wanted) in CUSTOM.items()}
    live = await world.admin.get(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}")
    await world.admin.delete(
        CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}", uid=live["metadata"]["uid"]
    )


async def test_a_definition_that_somebody_brings_later_is_noticed(
    world: World, reconciler: Run, unique: str
) -> None:
    """As with an operator that installs its own kinds: what it is asked for comes first here."""
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "one"}}
    await prepare(world, unique, widget, config_map(unique, color="red"))

    async with reconciler():
        await world.until_condition(unique, "SyncError", "does not know the kind Widget")
        assert await world.data(unique) == {"color": "red"}
        made = await world.admin.create(
            CUSTOM_RESOURCE_DEFINITIONS, definition(group), field_manager="operator"
        )
        await world.until_synced(unique)

    assert await world.get(widgets(group), "one") is not None
    await world.admin.delete(
        CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}", uid=made["metadata"]["uid"]
    )


async def test_a_sync_without_waves_has_succeeded_when_all_is_applied(
    world: World, reconciler: Run, unique: str
) -> None:
    content = {**workload("Deployment", template(BAD)), "metadata": {"name": unique}}
    await prepare(world, unique, content)

    async with reconciler():
        await until_told(world, unique, "Succeeded")
        await until_health(world, unique, "Degraded")
        status = await world.status(unique)

    assert status["operationState"]["phase"] == "Succeeded"
    assert status["sync"]["status"] == "Synced"
    assert status["summary"] == {"images": [BAD]}


async def test_an_object_may_have_no_say_in_the_health_of_its_application(
    world: World, reconciler: Run, unique: str
) -> None:
    content = {**workload("Deployment", template(BAD)), "metadata": {"name": unique}}
    await prepare(world, unique, annotated(content, ignore_healthcheck="true"))

    async def is_bad() -> bool:
        resources = (await world.status(unique)).get("resources") or ()
        return [it["health"]["status"] for it in resources] == ["Degraded"]

    async with reconciler():
        await world.until_synced(unique)
        await eventually(is_bad)
        status = await world.status(unique)

    assert status["health"]["status"] == "Healthy"


async def test_what_a_failed_sync_applied_is_healed_all_the_same(
    world: World, reconciler: Run, unique: str
) -> None:
    bad = balancer("ClusterIP")
    bad |= {"metadata": {"name": unique}, "spec": {"ports": [{"port": 99999999}]}}
    policy = {
        "automated": {"prune": True, "selfHeal": True},
        "retry": {"limit": 1, "backoff": {"duration": "1s", "maxDuration": "1s"}},
    }
    await prepare(world, unique, config_map(unique, color="red"), bad, policy=policy)

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with reconciler():
        await until_told(world, unique, "Failed")
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "green"}})
        await eventually(is_red)

    assert await world.get(SERVICES, unique) is None


async def test_a_job_that_takes_itself_away_is_done_and_not_made_again(
    world: World, reconciler: Run, unique: str
) -> None:
    hook = annotated(
        {**job(ttlSecondsAfterFinished=0), "metadata": {"name": unique}}, hook="PreSync"
    )
    await prepare(world, unique, hook, config_map(unique))

    async with reconciler():
        await world.until_synced(unique)
        await world.until_gone(JOBS, unique)
        await world.edit(CONFIG_MAPS, unique, {"data": {"extra": "x"}})

        async def is_healed() -> bool:
            return await world.data(unique) == {}

        await eventually(is_healed)

    assert await world.get(JOBS, unique) is None
    assert (await world.status(unique))["operationState"]["phase"] == "Succeeded"

"""Which images the objects of an Application name."""

from __future__ import annotations

import pytest

from gitopskit.reconciler.images import MOST_TOLD, images_of
from tests.support.desiring import prepared

POD = "{containers: [{name: a, image: app:1}], initContainers: [{name: b, image: tool:2}]}"


def images(text: str) -> tuple[str, ...]:
    return images_of(prepared(text).objects)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        pytest.param("apps/v1, kind: Deployment", f"{{template: {{spec: {POD}}}}}", id="workload"),
        pytest.param(
            "batch/v1, kind: CronJob",
            f"{{jobTemplate: {{spec: {{template: {{spec: {POD}}}}}}}}}",
            id="cron-job",
        ),
        pytest.param("v1, kind: Pod", POD, id="pod"),
    ],
)
def test_images_are_found_where_containers_are(kind: str, spec: str) -> None:
    text = f"{{apiVersion: {kind}, metadata: {{name: web}}, spec: {spec}}}"

    assert images(text) == ("app:1", "tool:2")


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, spec: {containers: [{image: a}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: x}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: some}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [1, {image: [2]}]}}",
    ],
)
def test_what_names_no_image_is_passed_over(text: str) -> None:
    assert images(text) == ()


def test_an_image_is_told_once_and_not_too_many_are() -> None:
    containers = ", ".join(f"{{name: c, image: 'app:{number % 500:03}'}}" for number in range(600))
    spec = f"{{containers: [{containers}]}}"
    text = f"{{apiVersion: v1, kind: Pod, metadata: {{name: x}}, spec: {spec}}}"

    found = images(text)

    assert len(found) == MOST_TOLD
    assert found[:2] == ("app:000", "app:001")

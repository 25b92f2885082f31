"""What an Application changes of an overlay, built by kustomize itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from gitopskit.errors import RenderFailed
from gitopskit.render.options import KustomizeOptions, Patch, Replicas
from gitopskit.render.wrapping import conflicts, wrap

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.render.conftest import Render

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'registry.example:5000/web:v1'}]
"""
FILES = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": DEPLOYMENT,
    "app/kustomization.yaml": "resources: [../base]\n",
    "app/patch.yaml": "- {op: replace, path: /spec/replicas, value: 7}\n",
    "debug/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "commonAnnotations: {debug: 'on'}\n"
    ),
}
WEB = (("kind", "Deployment"), ("name", "web"))


def built(render_tree: Render, options: KustomizeOptions, **files: str) -> JsonObject:
    (manifest,) = render_tree({**FILES, **files}, "app", kustomize=options)
    return manifest.content


def test_every_option_changes_what_is_built(render_tree: Render) -> None:
    options = KustomizeOptions(
        name_prefix="a-",
        name_suffix="-z",
        namespace="shop",
        images=("registry.example:5000/web=other.example/web:v2",),
        replicas=(Replicas(name="web", count=3),),
        common_labels=(("team", "shop"),),
        common_annotations=(("note", "hello"),),
        components=("../debug",),
        patches=(Patch(text="- {op: add, path: /spec/paused, value: true}", target=WEB),),
    )

    content = built(render_tree, options)

    assert content["metadata"] == {
        "name": "a-web-z",
        "namespace": "shop",
        "labels": {"team": "shop"},
        "annotations": {"debug": "on", "note": "hello"},
    }
    spec = content["spec"]
    assert (spec["replicas"], spec["paused"]) == (3, True)
    assert spec["selector"]["matchLabels"] == {"app": "web", "team": "shop"}
    assert spec["template"]["spec"]["containers"][0]["image"] == "other.example/web:v2"


def test_a_patch_may_be_a_file_of_the_overlay(render_tree: Render) -> None:
    content = built(render_tree, KustomizeOptions(patches=(Patch(path="patch.yaml", target=WEB),)))

    assert content["spec"]["replicas"] == 7


@pytest.mark.parametrize(
    ("options", "in_template"),
    [
        pytest.param(KustomizeOptions(spares_selectors=True), False, id="metadata-alone"),
        pytest.param(
            KustomizeOptions(spares_selectors=True, labels_templates=True), True, id="templates"
        ),
    ],
)
def test_selectors_may_be_spared(
    render_tree: Render, options: KustomizeOptions, *, in_template: bool
) -> None:
    labels = KustomizeOptions(
        common_labels=(("team", "shop"),),
        spares_selectors=options.spares_selectors,
        labels_templates=options.labels_templates,
    )

    content = built(render_tree, labels)

    assert content["metadata"]["labels"] == {"team": "shop"}
    assert content["spec"]["selector"]["matchLabels"] == {"app": "web"}
    assert ("team" in content["spec"]["template"]["metadata"]["labels"]) is in_template


def test_the_repositorys_files_stay_as_they_are(render_tree: Render) -> None:
    built(render_tree, KustomizeOptions(name_prefix="a-"))

    (manifest,) = render_tree(FILES, "app")
    assert manifest.name == "web"


def test_a_missing_component_may_be_ignored(render_tree: Render) -> None:
    options = KustomizeOptions(
        name_prefix="a-", components=("../debug", "../none"), ignores_missing_components=True
    )

    assert built(render_tree, options)["metadata"]["annotations"] == {"debug": "on"}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(KustomizeOptions(components=("../none",)), id="missing-component"),
        pytest.param(KustomizeOptions(components=("../../x",)), id="component-outside"),
        pytest.param(
            KustomizeOptions(components=("../../x",), ignores_missing_components=True),
            id="component-outside-that-may-be-missing",
        ),
        pytest.param(
            KustomizeOptions(components=("https://git.example/x?ref=v1",)), id="remote-component"
        ),
        pytest.param(KustomizeOptions(patches=(Patch(path="/etc/passwd"),)), id="file-outside"),
        pytest.param(KustomizeOptions(images=("web",)), id="image"),
        pytest.param(KustomizeOptions(patches=(Patch(text="{["),)), id="patch"),
    ],
)
def test_what_cannot_be_built_is_refused(render_tree: Render, options: KustomizeOptions) -> None:
    with pytest.raises(RenderFailed):
        built(render_tree, options)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        pytest.param("web:v2", {"name": "web", "newTag": "v2"}, id="tag"),
        pytest.param("web@sha256:ab", {"name": "web", "digest": "sha256:ab"}, id="digest"),
        pytest.param("r:5000/web:v2", {"name": "r:5000/web", "newTag": "v2"}, id="port"),
        pytest.param(
            "web=r:5000/web:v2",
            {"name": "web", "newName": "r:5000/web", "newTag": "v2"},
            id="other-name",
        ),
        pytest.param("web=other", {"name": "web", "newName": "other"}, id="name-alone"),
        pytest.param("web=*:v2", {"name": "web", "newTag": "v2"}, id="same-name"),
        pytest.param("web=other:*", {"name": "web", "newName": "other"}, id="same-tag"),
    ],
)
def test_an_image_is_written_as_kustomize_takes_it(text: str, entry: JsonObject) -> None:
    wrapper = wrap(KustomizeOptions(images=(text,)), base="b", components=(), patches=())

    assert wrapper["images"] == [entry]


@pytest.mark.parametrize(
    ("own", "options", "fields"),
    [
        pytest.param("namePrefix: x-", KustomizeOptions(name_prefix="a-"), ["namePrefix"], id="p"),
        pytest.param("nameSuffix: -x", KustomizeOptions(name_suffix="-a"), ["nameSuffix"], id="s"),
        pytest.param("namePrefix: x-", KustomizeOptions(name_suffix="-a"), [], id="other"),
        pytest.param(
            "labels: [{pairs: {a: b}}]",
            KustomizeOptions(common_labels=(("a", "c"), ("d", "e"))),
            ["commonLabels a"],
            id="label",
        ),
        pytest.param(
            "commonLabels: {a: b}",
            KustomizeOptions(common_labels=(("a", "c"),), forces_labels=True),
            [],
            id="forced-label",
        ),
        pytest.param(
            "commonAnnotations: {a: b}",
            KustomizeOptions(common_annotations=(("a", "c"),)),
            ["commonAnnotations a"],
            id="annotation",
        ),
        pytest.param(
            "commonAnnotations: {a: b}",
            KustomizeOptions(common_annotations=(("a", "c"),), forces_annotations=True),
            [],
            id="forced-annotation",
        ),
        pytest.param(
            "images: [{name: web, newName: x}, {name: db, newTag: v1}]",
            KustomizeOptions(images=("web:v2", "db:v2")),
            ["images web"],
            id="renamed-image",
        ),
        pytest.param(
            "{labels: all, images: none}", KustomizeOptions(images=("web:v2",)), [], id="malformed"
        ),
    ],
)
def test_what_the_overlay_sets_itself_is_told(
    own: str, options: KustomizeOptions, fields: list[str]
) -> None:
    assert list(conflicts(yaml.safe_load(own), options)) == fields


def test_what_the_overlay_sets_itself_is_refused(render_tree: Render) -> None:
    own = {"app/kustomization.yaml": "namePrefix: x-\nresources: [../base]\n"}

    with pytest.raises(RenderFailed) as caught:
        built(render_tree, KustomizeOptions(name_prefix="a-"), **own)

    assert caught.value.what == "the overlay sets itself what the Application asks for: namePrefix"

"""A kustomization that wraps an overlay and changes what it builds to, as an Application asks.

Pure. The overlay's own files stay as they are. Where Argo CD would change a field that the overlay
sets itself, wrapping would not do the same; ``conflicts`` names these fields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.render.options import KustomizeOptions

_IMAGE: Final = re.compile(
    r"(?:(?P<old>[^=@]+)=)?(?P<name>[^=@]+?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>[^@]+))?"
)
_KEEP: Final = "*"


def wrap(
    options: KustomizeOptions, *, base: str, components: Sequence[str], patches: Sequence[str]
) -> JsonObject:
    """Return the kustomization; folders are relative to where it will lie.

    ``patches`` are the texts of the options' patches, in their order.

    Raises:
        RenderFailed: an image is not written as kustomize takes it.
    """
    fields: JsonObject = {
        "namePrefix": options.name_prefix,
        "nameSuffix": options.name_suffix,
        "namespace": options.namespace,
        "images": [_image(text) for text in options.images],
        "replicas": [{"name": it.name, "count": it.count} for it in options.replicas],
        "labels": _labels(options),
        "commonAnnotations": dict(options.common_annotations),
        "components": list(components),
        "patches": [
            {
                "patch": text,
                **({"target": dict(patch.target)} if patch.target else {}),
                **({"options": dict(patch.options)} if patch.options else {}),
            }
            for patch, text in zip(options.patches, patches, strict=True)
        ],
    }
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [base],
        **{name: value for name, value in fields.items() if value},
    }


def conflicts(own: JsonObject, options: KustomizeOptions) -> Iterator[str]:
    """Yield the options that would replace what the overlay's kustomization says itself."""
    for field, value in (("namePrefix", options.name_prefix), ("nameSuffix", options.name_suffix)):
        if value and own.get(field):
            yield field
    if not options.forces_labels:
        labels = [own.get("commonLabels"), *_pairs_of(own.get("labels"))]
        yield from _taken("commonLabels", labels, options.common_labels)
    if not options.forces_annotations:
        annotations = [own.get("commonAnnotations")]
        yield from _taken("commonAnnotations", annotations, options.common_annotations)
    images = own.get("images")
    renamed = {
        str(image.get("name"))
        for image in (images if isinstance(images, list) else [])
        if isinstance(image, dict) and image.get("newName")
    }
    for text in options.images:
        if _image(text)["name"] in renamed:
            yield f"images {_image(text)['name']}"


def _pairs_of(labels: object) -> list[object]:
    listed = labels if isinstance(labels, list) else []
    return [item.get("pairs") for item in listed if isinstance(item, dict)]


def _taken(field: str, own: Sequence[object], asked: Sequence[tuple[str, str]]) -> Iterator[str]:
    taken = {key for pairs in own if isinstance(pairs, dict) for key in pairs}
    yield from (f"{field} {key}" for key, _ in asked if key in taken)


def _labels(options: KustomizeOptions) -> list[JsonObject]:
    if not options.common_labels:
        return []
    pairs = dict(options.common_labels)
    if not options.spares_selectors:
        return [{"pairs": pairs, "includeSelectors": True}]
    return [
        {
            "pairs": pairs,
            "includeSelectors": False,
            "includeTemplates": options.labels_templates,
        }
    ]


def _image(text: str) -> JsonObject:
    """Return an entry of ``images``. Source: ``kustomize edit set image``."""
    match = _IMAGE.fullmatch(text.strip())
    if match is None or not (match["old"] or match["tag"] or match["digest"]):
        raise RenderFailed(
            f"kustomize.images: {text[:200]!r} does not say what the image becomes",
            hint="write name:tag, name@digest or name=other:tag",
        )
    new_name = match["name"] if match["old"] and match["name"] != _KEEP else ""
    found = {
        "name": match["old"] or match["name"],
        "newName": new_name,
        "newTag": match["tag"] if match["tag"] != _KEEP else "",
        "digest": match["digest"],
    }
    return {key: value for key, value in found.items() if value}

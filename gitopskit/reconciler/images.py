"""Images: which container images an Application's objects name.

Pure. They are told in the status, as with Argo CD; there they are those of the Pods that run, here
those that Git wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.normalise import CONTAINER_LISTS, POD_SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.desired import Desired

MOST_TOLD: Final = 200
"""A status must fit into one object."""


def images_of(objects: Iterable[Desired]) -> tuple[str, ...]:
    """Return the images that objects name, each once, in the order of their names."""
    found = {image for it in objects for image in _named(it)}
    return tuple(sorted(found)[:MOST_TOLD])


def _named(desired: Desired) -> Iterator[str]:
    path = POD_SPECS.get((desired.ref.group, desired.ref.kind))
    if path is None:
        return
    pod: JsonObject = desired.content
    for name in path:
        pod = mapping(pod.get(name))
    for holder in CONTAINER_LISTS:
        containers = pod.get(holder)
        for container in map(mapping, containers if isinstance(containers, list) else ()):
            if isinstance(container.get("image"), str):
                yield container["image"]

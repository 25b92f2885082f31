"""What each field of a kustomization, and of a built-in plugin, refers to.

Pure: tells names and where they are written, never whether they exist. A field that is not listed
here is refused by name, because what it would read is not known.

Source: kustomize v5.8, api/types/kustomization.go and api/internal/builtins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject, JsonValue

FILE_NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")

RefersTo = Literal["file", "file or folder", "plugin"]

_WITHOUT_REFERENCES: Final = frozenset(
    {
        "apiVersion",
        "buildMetadata",
        "commonAnnotations",
        "commonLabels",
        "generatorOptions",
        "imageTags",
        "images",
        "kind",
        "labels",
        "metadata",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "replicas",
        "sortOptions",
        "vars",
    }
)
_LISTS: Final[dict[str, RefersTo]] = {
    "bases": "file or folder",
    "components": "file or folder",
    "configurations": "file",
    "crds": "file",
    "generators": "plugin",
    "patchesStrategicMerge": "file",
    "resources": "file or folder",
    "transformers": "plugin",
    "validators": "plugin",
}
_MAY_BE_INLINE: Final = frozenset(
    {"generators", "patchesStrategicMerge", "transformers", "validators"}
)
_WITH_PATH: Final = frozenset({"patches", "patchesJson6902", "replacements"})
_DATA_GENERATORS: Final = frozenset({"configMapGenerator", "secretGenerator"})
_HELM: Final = frozenset({"helmChartInflationGenerator", "helmCharts", "helmGlobals"})
_KINDS: Final = frozenset({"", "Component", "Kustomization"})

_PLUGINS_WITHOUT_REFERENCES: Final = frozenset(
    {
        "AnnotationsTransformer",
        "HashTransformer",
        "IAMPolicyGenerator",
        "ImageTagTransformer",
        "LabelTransformer",
        "NamePrefixTransformer",
        "NameSuffixTransformer",
        "NamespaceTransformer",
        "PrefixSuffixTransformer",
        "PrefixTransformer",
        "ReplicaCountTransformer",
        "SortOrderTransformer",
        "SuffixTransformer",
        "ValueAddTransformer",
    }
)
_PLUGINS_WITH_PATH: Final = frozenset({"PatchJson6902Transformer", "PatchTransformer"})
_PLUGINS_OF_DATA: Final = frozenset({"ConfigMapGenerator", "SecretGenerator"})

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A name written in a file: what it is to be, and where it stands (``path:line:col``)."""

    name: str
    refers_to: RefersTo
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InlinePlugin:
    """A plugin's configuration written inside a kustomization."""

    text: str
    where: str


Found = Reference | InlinePlugin


def find_references(manifest: Manifest) -> Iterator[Found]:
    """Yield what a kustomization refers to.

    Raises:
        RenderFailed: a field is unknown or not supported, or has the wrong shape; the message
            names it and never shows its value.
    """
    if manifest.kind not in _KINDS:
        raise _at(manifest, ("kind",), "this is neither a Kustomization nor a Component")
    for field, value in manifest.content.items():
        if field in _WITHOUT_REFERENCES or value is None:
            continue
        yield from _of_field(manifest, field, value)


def find_plugin_references(manifest: Manifest) -> Iterator[Found]:
    """Yield what the configuration of a built-in generator, transformer or validator refers to.

    Raises:
        RenderFailed: the plugin is not one of kustomize's own, or has the wrong shape.
    """
    kind, content = manifest.kind, manifest.content
    if kind in _PLUGINS_WITH_PATH:
        yield from _path_of(manifest, (), content)
    elif kind in _PLUGINS_OF_DATA:
        yield from _of_data(manifest, (), content)
    elif kind == "PatchStrategicMergeTransformer":
        yield from _of_list(manifest, "paths", content.get("paths") or [], refers_to="file")
    elif kind == "ReplacementTransformer":
        yield from _of_paths(manifest, "replacements", content.get("replacements") or [])
    elif kind not in _PLUGINS_WITHOUT_REFERENCES:
        raise _at(
            manifest,
            ("kind",),
            f"the plugin {kind or 'without a kind'} is not supported",
            hint="use one of kustomize's built-in plugins; charts and functions do not run here",
        )


def _of_field(manifest: Manifest, field: str, value: JsonValue) -> Iterator[Found]:
    if field in _LISTS:
        yield from _of_list(manifest, field, value, refers_to=_LISTS[field])
    elif field in _WITH_PATH:
        yield from _of_paths(manifest, field, value)
    elif field in _DATA_GENERATORS:
        for number, item in enumerate(_list(manifest, (field,), value)):
            yield from _of_data(manifest, (field, number), item)
    elif field == "openapi":
        yield from _path_of(manifest, (field,), value)
    elif field in _HELM:
        raise _at(
            manifest,
            (field,),
            f"{field}: charts are not rendered",
            hint="render the chart once (`helm template`) and commit its output",
        )
    else:
        raise _at(
            manifest,
            (field,),
            f"a kustomization has no field {field[:80]!r} that is known here",
            hint="correct or remove it",
        )


def _of_list(
    manifest: Manifest,
    field: str,
    value: JsonValue,
    *,
    refers_to: RefersTo,
) -> Iterator[Found]:
    for number, item in enumerate(_list(manifest, (field,), value)):
        pointer = (field, number)
        name = _name(manifest, pointer, item)
        if field in _MAY_BE_INLINE and ("\n" in name or name.lstrip().startswith("{")):
            if refers_to == "plugin":
                yield InlinePlugin(text=name, where=_where(manifest, pointer))
            continue
        yield Reference(name=name, refers_to=refers_to, where=_where(manifest, pointer))


def _of_paths(manifest: Manifest, field: str, value: JsonValue) -> Iterator[Found]:
    for number, item in enumerate(_list(manifest, (field,), value)):
        yield from _path_of(manifest, (field, number), item)


def _path_of(manifest: Manifest, pointer: Pointer, item: JsonValue) -> Iterator[Found]:
    name = _mapping(manifest, pointer, item).get("path")
    if name:
        yield _file(manifest, (*pointer, "path"), name)


def _of_data(manifest: Manifest, pointer: Pointer, item: JsonValue) -> Iterator[Found]:
    generator = _mapping(manifest, pointer, item)
    for number, literal in enumerate(_list(manifest, pointer, generator.get("literals") or [])):
        if "=" not in _name(manifest, (*pointer, "literals", number), literal):
            place = (*pointer, "literals", number)
            raise _at(manifest, place, "a literal needs the form name=value")
    for number, name in enumerate(_list(manifest, pointer, generator.get("envs") or [])):
        yield _file(manifest, (*pointer, "envs", number), name)
    if generator.get("env"):
        yield _file(manifest, (*pointer, "env"), generator["env"])
    for number, entry in enumerate(_list(manifest, pointer, generator.get("files") or [])):
        place = (*pointer, "files", number)
        key, is_named, name = _name(manifest, place, entry).partition("=")
        yield _file(manifest, place, name if is_named else key)


def _file(manifest: Manifest, pointer: Pointer, name: JsonValue) -> Reference:
    return Reference(
        name=_name(manifest, pointer, name), refers_to="file", where=_where(manifest, pointer)
    )


def _list(manifest: Manifest, pointer: Pointer, value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise _at(manifest, pointer, "a list is expected here")
    return value


def _mapping(manifest: Manifest, pointer: Pointer, value: JsonValue) -> JsonObject:
    if not isinstance(value, dict):
        raise _at(manifest, pointer, "a mapping is expected here")
    return value


def _name(manifest: Manifest, pointer: Pointer, value: JsonValue) -> str:
    if not isinstance(value, str):
        raise _at(manifest, pointer, "a string is expected here")
    return value


def _where(manifest: Manifest, pointer: Pointer) -> str:
    return f"{manifest.path}:{manifest.locate(pointer)}"


def _at(manifest: Manifest, pointer: Pointer, what: str, *, hint: str = "") -> RenderFailed:
    return RenderFailed(what, where=_where(manifest, pointer), hint=hint)

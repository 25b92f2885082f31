"""How a source is rendered, beyond its path: options for directories, kustomize and Helm.

Pure: values only. An empty text or tuple says nothing. Names that point at files are those of the
Application and are not checked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Pairs = tuple[tuple[str, str], ...]
"""A mapping of texts, in the order in which it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryOptions:
    """Which files of a folder are manifests; ``include`` and ``exclude`` are patterns of paths."""

    is_recursive: bool = False
    include: str = ""
    exclude: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A patch of kustomize: its text or the path of a file that has it, and whom it is for."""

    text: str = field(default="", repr=False)
    path: str = ""
    target: Pairs = ()
    options: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How many replicas the workloads of a name have."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KustomizeOptions:
    """What is changed of the objects of an overlay after it was built.

    An image is ``name``, ``name:tag``, ``name@digest`` or ``name=other:tag``, as kustomize's own
    ``edit set image`` takes it.
    """

    name_prefix: str = ""
    name_suffix: str = ""
    namespace: str = ""
    images: tuple[str, ...] = ()
    replicas: tuple[Replicas, ...] = ()
    common_labels: Pairs = ()
    common_annotations: Pairs = ()
    components: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()
    spares_selectors: bool = False
    labels_templates: bool = False
    ignores_missing_components: bool = False
    forces_labels: bool = False
    forces_annotations: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HelmParameter:
    """One value of a chart by its path, as ``image.tag`` or ``ports[0].name``."""

    name: str
    value: str = field(repr=False)
    is_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HelmOptions:
    """What a chart is rendered with; values may be secret and are never shown.

    ``values`` is a text of YAML, ``values_object`` one of JSON, which replaces it. Later ones win:
    value files, values, parameters, file parameters.
    """

    release_name: str = ""
    namespace: str = ""
    value_files: tuple[str, ...] = ()
    values: str = field(default="", repr=False)
    values_object: str = field(default="", repr=False)
    parameters: tuple[HelmParameter, ...] = ()
    file_parameters: Pairs = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    skips_crds: bool = False
    skips_tests: bool = False
    skips_schema_validation: bool = False
    ignores_missing_value_files: bool = False

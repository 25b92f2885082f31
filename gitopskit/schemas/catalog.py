"""Which schema an object has: those of Kubernetes, of external secrets, and of given definitions.

Owns the look-up and compiles each schema at its first use. Start at ``Catalog.find``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.schemas.check import Schema
from gitopskit.schemas.external_secrets import EXTERNAL_SECRETS
from gitopskit.schemas.pack import LATEST, load_pack
from gitopskit.schemas.structural import schemas_of_definition, strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitopskit.manifests.json_types import JsonObject


def find_schema(api_version: str, kind: str, *, kubernetes: str = LATEST) -> JsonObject | None:
    """Return the JSON Schema of a kind of Kubernetes or of external secrets, or None.

    Raises:
        InputError: there are no schemas of this version of Kubernetes.
    """
    pack = load_pack(kubernetes)
    own = EXTERNAL_SECRETS.get((api_version, kind))
    if own is not None:
        return pack.complete(strict(own, is_root=True))
    return pack.schema_of(api_version, kind)


class Catalog:
    """The schemas that one run knows; adding definitions makes it know more."""

    def __init__(
        self,
        *,
        kubernetes: str = LATEST,
        load_definitions: Callable[[str], Iterable[JsonObject]] = lambda _group: (),
    ) -> None:
        """Remember the version; ``load_definitions`` gives the CRDs of a group when asked for it.

        Raises:
            InputError: there are no schemas of this version of Kubernetes.
        """
        self._pack = load_pack(kubernetes)
        self._kubernetes = kubernetes
        self._load_definitions = load_definitions
        self._custom: dict[tuple[str, str], JsonObject] = {}
        self._loaded_groups: set[str] = set()
        self._compiled: dict[tuple[str, str, bool], Schema | None] = {}

    def add_definition(self, definition: JsonObject) -> None:
        """Learn the kinds of a CustomResourceDefinition; one that is known already stays."""
        for api_version, kind, schema in schemas_of_definition(definition):
            self._custom.setdefault((api_version, kind), schema)

    def find(self, api_version: str, kind: str, *, is_partial: bool = False) -> Schema | None:
        """Return the schema of a kind, or None; ``is_partial`` is for patches.

        Raises:
            InputError: the definition of the kind is no valid schema.
        """
        key = (api_version, kind, is_partial)
        if key not in self._compiled:
            schema = self._find(api_version, kind)
            self._compiled[key] = None if schema is None else Schema(schema, is_partial=is_partial)
        return self._compiled[key]

    def _find(self, api_version: str, kind: str) -> JsonObject | None:
        known = find_schema(api_version, kind, kubernetes=self._kubernetes)
        if known is not None:
            return known
        group = api_version.rpartition("/")[0]
        if group not in self._loaded_groups:
            self._loaded_groups.add(group)
            for definition in self._load_definitions(group):
                self.add_definition(definition)
        custom = self._custom.get((api_version, kind))
        return None if custom is None else self._pack.complete(custom)

"""What a repository says about itself in ``.gitopskit/config.yaml``.

Owns the format (``apiVersion: gitopskit.io/v1, kind: Repository``) and its reading. Unknown fields
are refused by name, so that a misspelt one is not silently ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import InputError
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.names import require_dns_label
from gitopskit.repository.fields import Fields
from gitopskit.repository.layout import CONFIG_FILE

if TYPE_CHECKING:
    from gitopskit.repository.layout import Repository

API_VERSION: Final = "gitopskit.io/v1"
KIND: Final = "Repository"
DEFAULT_NAMESPACE_FORMAT: Final = "{env}-{app}"

Engine = Literal["builtin"]

_TOP: Final = frozenset({"apiVersion", "kind", "spec"})
_SPEC: Final = frozenset(
    {"name", "repoURL", "targetRevision", "engine", "environments", "apps", "validation"}
)
_ENVIRONMENT: Final = frozenset({"name", "namespaceFormat"})
_APP: Final = frozenset({"name"})
_VALIDATION: Final = frozenset({"exceptions"})
_EXCEPTION: Final = frozenset({"rule", "object", "reason", "expires"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One environment: its name, and how the namespaces of its apps are called."""

    name: str
    namespace_format: str = DEFAULT_NAMESPACE_FORMAT

    def namespace(self, app: str) -> str:
        """Return the namespace of an app in this environment."""
        return self.namespace_format.replace("{env}", self.name).replace("{app}", app)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationException:
    """A rule that one object may break, why, and until which day (that day included)."""

    rule: str
    subject: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryConfig:
    """What a repository says about itself."""

    name: str
    repo_url: str
    target_revision: str
    engine: Engine
    environments: tuple[Environment, ...]
    apps: tuple[str, ...]
    exceptions: tuple[ValidationException, ...] = ()

    def environment(self, name: str) -> Environment:
        """Return an environment by its name.

        Raises:
            InputError: the repository has no such environment; the hint lists those it has.
        """
        for environment in self.environments:
            if environment.name == name:
                return environment
        known = ", ".join(environment.name for environment in self.environments)
        raise InputError(
            f"there is no environment {name!r} in this repository",
            where=str(CONFIG_FILE),
            hint=f"use one of: {known}",
        )


def load_config(repository: Repository) -> RepositoryConfig:
    """Read the configuration of a repository.

    Raises:
        InputError: it cannot be read, is malformed, or breaks a rule of the format.
    """
    path = repository.path(CONFIG_FILE)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read the configuration: {error.strerror}", where=str(path)
        ) from error
    return parse_config(data, path=str(path))


def parse_config(text: str | bytes, *, path: str) -> RepositoryConfig:
    """Return the configuration that a file holds.

    Raises:
        InputError: it is malformed or breaks a rule of the format; with ``path:line:column``.
    """
    documents = read_documents(text, path=path)
    if len(documents) != 1:
        raise InputError(f"the file must hold one document, not {len(documents)}", where=path)
    top = Fields.of(documents[0], known=_TOP)
    for name, expected in (("apiVersion", API_VERSION), ("kind", KIND)):
        if top.text(name) != expected:
            raise top.wrong(name, f"must be {expected}")
    spec = top.mapping("spec", known=_SPEC)
    if spec.text("engine", default="builtin") != "builtin":
        raise spec.wrong("engine", "must be builtin, the only engine of this version")
    apps = tuple(_name(app, "app") for app in spec.mappings("apps", known=_APP))
    return RepositoryConfig(
        name=_name(spec, "repository"),
        repo_url=spec.text("repoURL"),
        target_revision=spec.text("targetRevision", default="main"),
        engine="builtin",
        environments=_environments(spec, apps),
        apps=_distinct(spec, "apps", apps),
        exceptions=_exceptions(spec),
    )


def _environments(spec: Fields, apps: tuple[str, ...]) -> tuple[Environment, ...]:
    fields = spec.mappings("environments", known=_ENVIRONMENT)
    environments = tuple(_environment(each, apps) for each in fields)
    if not environments:
        raise spec.wrong("environments", "must name at least one environment")
    _distinct(spec, "environments", tuple(each.name for each in environments))
    return environments


def _environment(fields: Fields, apps: tuple[str, ...]) -> Environment:
    name_format = fields.text("namespaceFormat", default=DEFAULT_NAMESPACE_FORMAT)
    environment = Environment(name=_name(fields, "environment"), namespace_format=name_format)
    if "{app}" not in name_format:
        raise fields.wrong("namespaceFormat", "must contain {app}: each app has its own namespace")
    for app in apps or ("app",):
        where = fields.where("namespaceFormat")
        require_dns_label(environment.namespace(app), what="namespace", where=where)
    return environment


def _exceptions(spec: Fields) -> tuple[ValidationException, ...]:
    validation = spec.mapping("validation", known=_VALIDATION)
    return tuple(
        ValidationException(
            rule=fields.text("rule"),
            subject=fields.text("object"),
            reason=fields.text("reason"),
            expires=_day(fields, "expires"),
        )
        for fields in validation.mappings("exceptions", known=_EXCEPTION)
    )


def _day(fields: Fields, name: str) -> date:
    try:
        return date.fromisoformat(fields.text(name))
    except ValueError as error:
        raise fields.wrong(name, "must be a day such as 2027-01-31") from error


def _name(fields: Fields, what: str) -> str:
    return require_dns_label(fields.text("name"), what=f"{what} name", where=fields.where("name"))


def _distinct(spec: Fields, field: str, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise spec.wrong(field, f"names {name!r} twice")
    return names

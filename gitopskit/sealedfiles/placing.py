"""Sealed files in the overlays of a repository: one source, one file in each environment.

Owns where such a file lies, which namespace and certificate it is sealed for, and that it is
listed. Plans only: ``write_planned`` of planned_file.py writes. Start at ``seal_for_environments``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.render.kustomization import FILE_NAMES
from gitopskit.repository.config import load_config
from gitopskit.repository.kustomizations import kustomization_file, read_naming, register_resource
from gitopskit.repository.layout import CONFIG_FILE, overlay_folder
from gitopskit.sealedfiles.environments import age_days_of, environment_certificate
from gitopskit.sealedfiles.planned_file import PlannedFile, content_of, plan_sealed_file
from gitopskit.sealedfiles.texts import read_earlier
from gitopskit.sealedfiles.trees import sealed_files
from gitopskit.sealing.certificates import wish_of
from gitopskit.sealing.fields import read_mapping
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions
from gitopskit.sealing.unchanged import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from gitopskit.manifests.documents import Manifest
    from gitopskit.repository.kustomizations import Naming
    from gitopskit.repository.layout import Repository
    from gitopskit.sealing.sealed_secret import SealedSecret

_SUFFIX: Final = ".sealed.yaml"
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(ya?ml|json)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacingOptions:
    """How Secrets are sealed into overlays; empty where nothing is asked for.

    ``name`` takes the place of the Secret's own. ``file_name`` is one in each overlay; without it
    the file is taken that has the SealedSecret already, else a new ``<name>.sealed.yaml``.
    ``registers`` lists the files in the overlays' kustomizations. ``extends`` adds to a
    SealedSecret that is there and keeps its other items, instead of replacing it.
    ``post_quantum`` seals to the hybrid key, or to RSA; None as what is there is sealed.
    """

    scope: Scope | None = None
    name: str = ""
    file_name: str = ""
    registers: bool = True
    extends: bool = False
    allows_empty_data: bool = False
    records_keys: bool = True
    post_quantum: bool | None = None
    comparison: Comparison = field(default_factory=Comparison)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSecret:
    """A SealedSecret that is there already, and the name of its file."""

    file_name: str
    sealed: SealedSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The overlay of an app in an environment, and by name what is sealed right in its folder."""

    environment: str
    app: str
    namespace: str
    folder: Path
    held: Mapping[str, HeldSecret] = field(default_factory=dict)

    def file_of(self, name: str, *, file_name: str = "") -> Path:
        """Return the file for a SealedSecret of a name.

        Raises:
            InputError: the file's name cannot be used, or another file has the SealedSecret.
        """
        holder = self.held[name].file_name if name in self.held else ""
        if file_name and holder not in ("", file_name):
            raise InputError(
                f"the SealedSecret {name!r} is in another file of the overlay already",
                where=str(self.folder / holder),
                hint=f"leave out the file's name, or remove it from {holder} first",
            )
        return self.folder / (
            require_file_name(file_name) if file_name else holder or name + _SUFFIX
        )


def seal_for_environments(
    secrets: Sequence[Manifest],
    *,
    repository: Repository,
    environments: Sequence[str],
    app: str,
    options: PlacingOptions,
    now: datetime,
) -> list[PlannedFile]:
    """Return the files that Secrets become in an app's overlay in each of these environments.

    Each is sealed to its environment's certificate for its environment's namespace. For each
    environment the sealed files come first, then the kustomization, changed or not. Nothing is
    written.

    Raises:
        InputError: an environment or the app is unknown or has no overlay, there is no
            certificate, a Secret cannot be sealed or is meant for another namespace, two have one
            name, or the file or the kustomization cannot be changed so.
        UnusableKey: a certificate cannot be used, or expired.
        EnvironmentFault: a file cannot be read.
    """
    if not environments:
        raise InputError("no environment is named", hint="name one with --env, or several")
    if len(secrets) > 1 and (options.name or options.file_name):
        raise InputError(
            "several Secrets cannot all have the name or the file that is given",
            where=secrets[1].where,
            hint="leave out --name and --sealed-secret-file, or give one Secret",
        )
    places = [
        place(repository, environment=environment, app=app)
        for environment in dict.fromkeys(environments)
    ]
    return [
        file
        for placement in places
        for file in _planned(placement, secrets, repository=repository, options=options, now=now)
    ]


def place(repository: Repository, *, environment: str, app: str) -> Placement:
    """Return where the sealed files of an app lie in an environment.

    Raises:
        InputError: there is no such environment or app, or it has no overlay there.
        EnvironmentFault: the overlay cannot be read.
    """
    config = load_config(repository)
    namespace = config.environment(environment).namespace(app)
    if app not in config.apps:
        raise InputError(
            f"there is no app {app!r} in this repository",
            where=str(CONFIG_FILE),
            hint=f"use one of: {', '.join(config.apps)}" if config.apps else "add it there",
        )
    folder = repository.path(overlay_folder(environment, app))
    if not folder.is_dir():
        raise InputError(
            f"the app {app!r} has no overlay in the environment {environment!r}",
            where=str(folder),
            hint="make the folder with a kustomization, or leave out the environment",
        )
    if not folder.resolve().is_relative_to(repository.root.resolve()):
        raise InputError(
            "the overlay leads out of the repository",
            where=str(folder),
            hint="put a folder in the place of the link",
        )
    return Placement(
        environment=environment,
        app=app,
        namespace=namespace,
        folder=folder,
        held={held.sealed.name: held for held in _held_in(folder)},
    )


def require_file_name(name: str) -> str:
    """Return the name of a file if a sealed file in an overlay can be called so.

    Raises:
        InputError: it cannot.
    """
    if not _FILE_NAME.fullmatch(name) or name in FILE_NAMES:
        raise InputError(
            f"a sealed file in an overlay cannot be called {name!r}",
            hint="use letters, digits, `.`, `-` and `_`, ending in .yaml, and no folder",
        )
    return name


def _planned(
    placement: Placement,
    secrets: Sequence[Manifest],
    *,
    repository: Repository,
    options: PlacingOptions,
    now: datetime,
) -> Iterator[PlannedFile]:
    named = [_named(secret, placement, name=options.name) for secret in secrets]
    held = [placement.held[own.name].sealed for own in named if own.name in placement.held]
    envelopes = [envelope for each in held for envelope in each.encrypted_data.values()]
    wish = wish_of(post_quantum=options.post_quantum, envelopes=envelopes)
    sealing = SealOptions(
        certificate=environment_certificate(repository, placement.environment, now=now, wish=wish),
        scope=options.scope,
        namespace=placement.namespace,
        allows_empty_data=options.allows_empty_data,
        records_keys=options.records_keys,
        comparison=options.comparison,
    )
    sealed: dict[Path, SealedSecret] = {}
    for own in named:
        path = placement.file_of(own.name, file_name=options.file_name)
        if path in sealed:
            raise InputError(
                f"two Secrets are called {own.name!r}", where=own.where, hint="rename one of them"
            )
        file, part = plan_sealed_file(path, own, sealing, extends=options.extends)
        sealed[path] = part.sealed
        yield _dated(file, placement, sealing, now=now)
    if options.registers:
        yield _dated(_registered(placement, sealed), placement, sealing, now=now)


def _dated(
    file: PlannedFile, placement: Placement, sealing: SealOptions, *, now: datetime
) -> PlannedFile:
    return replace(
        file,
        environment=placement.environment,
        fingerprint=sealing.certificate.fingerprint,
        age_days=age_days_of(sealing.certificate, now=now),
    )


def _named(secret: Manifest, placement: Placement, *, name: str) -> Manifest:
    """Return a Secret with its name and the namespace of the place that it is for."""
    metadata = read_mapping(secret.content, "metadata", where=secret.where)
    own = metadata.get("namespace") or placement.namespace
    if own != placement.namespace:
        raise InputError(
            f"the Secret is in namespace {own!r}, and {placement.app!r} is in "
            f"{placement.namespace!r} in the environment {placement.environment!r}",
            where=secret.where,
            hint="leave out `metadata.namespace`; each environment gives its own",
        )
    chosen = name or metadata.get("name")
    if not isinstance(chosen, str) or not chosen:
        raise InputError(
            "missing metadata.name in input Secret",
            where=secret.where,
            hint="add `metadata.name`, or give --name",
        )
    named = {**metadata, "name": chosen, "namespace": placement.namespace}
    return replace(secret, content={**secret.content, "metadata": named})


def _registered(placement: Placement, sealed: Mapping[Path, SealedSecret]) -> PlannedFile:
    path = kustomization_file(placement.folder)
    before = content_of(path) or b""
    naming = read_naming(before, path=str(path))
    text = before.decode()
    for file, secret in sealed.items():
        _require_names_kept(naming, secret, where=str(path))
        text = register_resource(text, file.name, path=str(path))
    return PlannedFile(path=path, before=before, text=text)


def _require_names_kept(naming: Naming, sealed: SealedSecret, *, where: str) -> None:
    """Check that what is sealed for a name and a namespace still has them when it is built."""
    if sealed.scope is not Scope.CLUSTER_WIDE and naming.namespace not in ("", sealed.namespace):
        raise InputError(
            f"the kustomization puts all into namespace {naming.namespace!r}, and the repository's "
            f"configuration says {sealed.namespace!r}: it would not open there",
            where=where,
            hint=f"make them agree, here or in {CONFIG_FILE} (`namespaceFormat`)",
        )
    if sealed.scope is Scope.STRICT and (naming.prefix or naming.suffix):
        raise InputError(
            "the kustomization renames what it lists, and a value of strict scope opens under its "
            "own name only",
            where=where,
            hint="seal with --scope namespace-wide, or leave out namePrefix and nameSuffix",
        )


def _held_in(folder: Path) -> Iterator[HeldSecret]:
    for file, data in sealed_files([folder]):
        if file.parent == folder:
            for sealed in read_earlier(data, path=str(file)).values():
                yield HeldSecret(file_name=file.name, sealed=sealed)

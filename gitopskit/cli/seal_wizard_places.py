"""The wizard's questions about places: environments, app and Secret, or certificate and file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from gitopskit.cli import output
from gitopskit.cli.terminal_questions import Answer, ask_many, ask_one, ask_path, ask_text
from gitopskit.errors import InputError
from gitopskit.manifests.names import require_dns_label, require_dns_subdomain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gitopskit.cli.seal_wizard_preset import WizardPreset
    from gitopskit.cli.terminal_questions import Console
    from gitopskit.manifests.documents import Manifest
    from gitopskit.repository.layout import Repository
    from gitopskit.sealedfiles.environments import SealingEnvironment
    from gitopskit.sealedfiles.placing import Placement
    from gitopskit.sealedfiles.planned_file import PlannedFile
    from gitopskit.sealing.keys import SealingCertificate
    from gitopskit.sealing.scope import Scope
    from gitopskit.sealing.sealed_secret import SealedSecret

    Plan: TypeAlias = Callable[[Manifest, Scope | None, str], Sequence[PlannedFile]]

_NEW = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealTarget:
    """Where values are sealed to, the flags that say so, and how files are planned there.

    ``existing`` is the SealedSecret that is added to, None for a new one. ``plan`` takes the
    Secret, its scope and the name of its file, which is empty where that is settled.
    ``offered_file`` is what is offered for that name, empty where it is not to be asked for.
    ``changed_file`` is a file outside of any overlay that is there already.
    """

    name: str
    existing: SealedSecret | None
    flags: tuple[str, ...]
    plan: Plan
    offered_file: str = ""
    changed_file: str = ""


def ask_overlay_target(
    console: Console, repository: Repository, preset: WizardPreset, *, now: datetime
) -> SealTarget:
    """Ask for environments, app and Secret in a repository.

    Raises:
        InputError: no environment has a certificate, there is no app, or what the flags named
            does not exist.
        KeyboardInterrupt: the person gave up.
    """
    from gitopskit.sealedfiles.placing import PlacingOptions, place, seal_for_environments

    _require_usable(preset, repository, now=now)
    environments = preset.environments or _ask_environments(console, repository, now=now)
    app = preset.app or _ask_app(console, repository)
    placements = [place(repository, environment=name, app=app) for name in environments]
    name = preset.name or _ask_secret(console, placements, app=app)
    existing = _existing(placements, name)

    def plan(secret: Manifest, scope: Scope | None, file_name: str) -> list[PlannedFile]:
        options = PlacingOptions(
            scope=scope,
            file_name=file_name,
            registers=preset.registers,
            extends=True,
            records_keys=preset.records_keys,
            post_quantum=preset.post_quantum,
        )
        return seal_for_environments(
            [secret],
            repository=repository,
            environments=environments,
            app=app,
            options=options,
            now=now,
        )

    return SealTarget(
        name=name,
        existing=existing,
        flags=(
            *("--app", app),
            *(word for environment in environments for word in ("--env", environment)),
            *("--name", name),
            *(() if preset.registers else ("--no-register",)),
            *_kind_flags(preset),
        ),
        plan=plan,
        offered_file="" if existing or preset.file else f"{name}.sealed.yaml",
    )


def ask_file_target(console: Console, preset: WizardPreset, *, now: datetime) -> SealTarget:
    """Ask for certificate, namespace, name and file outside a repository.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    output.say("This is no repository of gitopskit, so the certificate and the file are asked for.")
    cert = _ask_certificate(console, preset, now=now)
    namespace = preset.namespace or ask_text(console, "Namespace", check=_check_namespace)
    name = preset.name or ask_text(console, "Name of the Secret", check=_check_name)
    file = preset.file or ask_path(
        console,
        "File",
        default=f"{name}.sealed.yaml",
        check=lambda text: _held_in(text, name, namespace),
    )

    def plan(secret: Manifest, scope: Scope | None, _file_name: str) -> list[PlannedFile]:
        from gitopskit.sealedfiles.planned_file import plan_sealed_file
        from gitopskit.sealing.seal import SealOptions

        options = SealOptions(
            certificate=_certificate(cert, preset, existing),
            scope=scope,
            namespace=namespace,
            records_keys=preset.records_keys,
        )
        return [plan_sealed_file(Path(file), secret, options, extends=True)[0]]

    existing = _held_in(file, name, namespace)
    place = ("--namespace", namespace, "--name", name)
    return SealTarget(
        name=name,
        existing=existing,
        flags=(
            "--cert",
            cert,
            *place,
            *(() if existing else ("-w", file)),
            *_kind_flags(preset),
        ),
        plan=plan,
        changed_file=file if existing else "",
    )


def ask_file_name(console: Console, target: SealTarget, preset: WizardPreset) -> str:
    """Ask how the new file in each overlay is called, and return that; empty for the usual name.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    from gitopskit.sealedfiles.placing import require_file_name

    if not target.offered_file:
        return preset.file if "--app" in target.flags else ""
    name = ask_text(
        console, "File in the overlay", default=target.offered_file, check=require_file_name
    )
    return "" if name == target.offered_file else name


def _require_usable(preset: WizardPreset, repository: Repository, *, now: datetime) -> None:
    """Check what flags say before anything is asked: nobody is to type values in vain."""
    from gitopskit.sealedfiles.environments import environment_certificate
    from gitopskit.sealedfiles.placing import require_file_name
    from gitopskit.sealing.certificates import wish_of

    wish = wish_of(post_quantum=preset.post_quantum)
    for environment in preset.environments:
        environment_certificate(repository, environment, now=now, wish=wish)
    if preset.name:
        _check_name(preset.name)
    if preset.file:
        require_file_name(preset.file)


def _ask_environments(
    console: Console, repository: Repository, *, now: datetime
) -> tuple[str, ...]:
    from gitopskit.sealedfiles.environments import sealing_environments

    environments = sealing_environments(repository, now=now)
    if all(environment.problem for environment in environments):
        hints = dict.fromkeys(environment.hint for environment in environments)
        raise InputError(
            "no environment has a certificate to seal with",
            where=str(repository.root),
            hint="; or ".join(hints),
        )
    chosen = ask_many(
        console, "Environments, by their certificates", [_described(each) for each in environments]
    )
    output.say(f"  {', '.join(chosen)}")
    return chosen


def _described(environment: SealingEnvironment) -> Answer:
    problem = f"{environment.problem}: {environment.hint}" if environment.problem else ""
    days = "1 day" if environment.age_days == 1 else f"{environment.age_days} days"
    return Answer(
        value=environment.name,
        text=environment.name
        if problem
        else f"{environment.name}  {days} old, {environment.fingerprint}",
        problem=problem,
    )


def _ask_app(console: Console, repository: Repository) -> str:
    from gitopskit.repository.config import load_config
    from gitopskit.repository.layout import CONFIG_FILE

    apps = load_config(repository).apps
    if not apps:
        raise InputError("the repository has no app", where=str(CONFIG_FILE), hint="name one there")
    return ask_one(console, "App", [Answer(value=app, text=app) for app in apps])


def _ask_secret(console: Console, placements: Sequence[Placement], *, app: str) -> str:
    """Ask for a Secret that is there already, or for the name of a new one."""
    names = sorted({name for placement in placements for name in placement.held})
    chosen = _NEW
    if names:
        offered = [
            Answer(value=_NEW, text="a new one"),
            *(Answer(value=name, text=_about(name, placements)) for name in names),
        ]
        chosen = ask_one(console, "Secret", offered)
    return chosen or ask_text(
        console,
        "Name of the Secret",
        default="" if app in names else app,
        check=lambda text: _check_new_name(text, names),
    )


def _about(name: str, placements: Sequence[Placement]) -> str:
    held = [each for each in placements if name in each.held]
    items = dict.fromkeys(item for each in held for item in each.held[name].sealed.encrypted_data)
    places = ", ".join(each.environment for each in held)
    return f"add to {name} ({', '.join(items) or 'empty'}; {places})"


def _existing(placements: Sequence[Placement], name: str) -> SealedSecret | None:
    held = (each.held[name].sealed for each in placements if name in each.held)
    return next(held, None)


def _ask_certificate(console: Console, preset: WizardPreset, *, now: datetime) -> str:
    from gitopskit.sealedfiles.environments import age_days_of

    def read(text: str) -> SealingCertificate:
        if text in ("", "-"):
            raise InputError("a file or an address is needed", hint="such as tls.crt")
        return _certificate(text, preset, None)

    cert = preset.cert or ask_path(console, "Certificate (file or URL)", check=read)
    certificate = read(cert)
    age_days = age_days_of(certificate, now=now)
    output.say(f"  {certificate.fingerprint}, {age_days} days old")
    return cert


def _certificate(
    cert: str, preset: WizardPreset, existing: SealedSecret | None
) -> SealingCertificate:
    from gitopskit.cli.seal_certificate import choose_certificate
    from gitopskit.sealing.certificates import wish_of

    envelopes = existing.encrypted_data.values() if existing else ()
    wish = wish_of(post_quantum=preset.post_quantum, envelopes=envelopes, is_named=True)
    return choose_certificate(cert, "", near=Path(), wish=wish)


def _kind_flags(preset: WizardPreset) -> tuple[str, ...]:
    if preset.post_quantum is None:
        return ()
    return ("--post-quantum",) if preset.post_quantum else ("--no-post-quantum",)


def _held_in(file: str, name: str, namespace: str) -> SealedSecret | None:
    """Return the SealedSecret in a file, None if the file is to be new.

    Raises:
        InputError: the file is there and does not hold it, or cannot be written at all.
    """
    from gitopskit.sealedfiles.items import placed
    from gitopskit.sealedfiles.planned_file import content_of
    from gitopskit.sealedfiles.sealed_text import SealedText

    data = content_of(Path(file))
    if data is None or not data.strip():
        return None
    text = placed(SealedText.read(data, path=file), namespace)
    return text.part(name=name, namespace=namespace).sealed


def _check_namespace(text: str) -> None:
    require_dns_label(text, what="namespace")


def _check_name(text: str) -> None:
    require_dns_subdomain(text, what="name of the Secret")


def _check_new_name(text: str, names: Sequence[str]) -> None:
    _check_name(text)
    if text in names:
        raise InputError(f"{text} is there already", hint="go back with Ctrl-C to add to it")

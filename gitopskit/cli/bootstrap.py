"""`gitopskit bootstrap`: once per cluster, with an administrator's rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output
from gitopskit.cli.agreement import Yes, require_agreement

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext
    from gitopskit.repository.layout import Repository
    from gitopskit.workflows.bootstrap import Bootstrap, BootstrapPlan
    from gitopskit.workflows.first_objects import GitCredential

_Context = Annotated[str, typer.Option("--context", help="The kubeconfig's context to use.")]
_Image = Annotated[
    str, typer.Option("--image", help="The image of the controllers, with a tag or digest.")
]
_External = Annotated[
    bool,
    typer.Option("--external-controllers", help="The controllers run outside the cluster."),
]
_Directory = Annotated[str, typer.Option("--directory", "-C", help="The repository.")]
_SealingKey = Annotated[
    str, typer.Option("--sealing-key", help="The private key of the committed certificate.")
]
_Username = Annotated[str, typer.Option("--git-username", help="Read the repository as this user.")]
_Password = Annotated[
    str,
    typer.Option("--git-password-file", help="The user's password or token; `-` is stdin."),
]
_SshKey = Annotated[
    str, typer.Option("--git-ssh-key", help="Read the repository with this private key.")
]
_KnownHosts = Annotated[
    str, typer.Option("--git-known-hosts", help="Host keys of an ssh repository's server.")
]
_Ca = Annotated[str, typer.Option("--git-ca", help="The CA of an https repository's server.")]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and stop: exit 1 if something is due.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Git:
    username: str
    password_file: str
    ssh_key: str
    known_hosts: str
    ca: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bootstrap")(bootstrap)


def bootstrap(  # noqa: PLR0913 -- one parameter per flag
    environment: Annotated[str, typer.Argument(help="The environment this cluster is.")],
    *,
    context: _Context = "",
    image: _Image = "",
    external_controllers: _External = False,
    directory: _Directory = ".",
    sealing_key: _SealingKey = "",
    git_username: _Username = "",
    git_password_file: _Password = "",
    git_ssh_key: _SshKey = "",
    git_known_hosts: _KnownHosts = "",
    git_ca: _Ca = "",
    dry_run: _DryRun = False,
    yes: Yes = False,
) -> None:
    """Install what the pull loop needs to start; shows its plan, and changes nothing twice."""
    from pathlib import Path

    from gitopskit.cli.wiring import run_async
    from gitopskit.repository.layout import find_repository
    from gitopskit.workflows.first_objects import require_pinned_image

    if not external_controllers:
        require_pinned_image(image)
    git = _Git(
        username=git_username,
        password_file=git_password_file,
        ssh_key=git_ssh_key,
        known_hosts=git_known_hosts,
        ca=git_ca,
    )
    repository = find_repository(Path(directory))
    request = _request(
        repository,
        environment,
        image="" if external_controllers else image,
        git=git,
        sealing_key=sealing_key,
    )
    run_async(_run(request, repository, context=context, is_dry_run=dry_run, is_agreed=yes))


async def _run(
    request: Bootstrap,
    repository: Repository,
    *,
    context: str,
    is_dry_run: bool,
    is_agreed: bool,
) -> None:
    from gitopskit.cli.wiring import connect
    from gitopskit.workflows import bootstrap as workflow

    async with connect(context) as api:
        plan = await workflow.plan(api, request, now=api.clock.now_utc())
        output.note(f"the API server at {api.connection.server}:")
        for step in plan.steps:
            output.say(f"  {step.line}")
        if is_dry_run:
            if plan.is_due:
                raise typer.Exit(1)
            return
        require_agreement(is_given=is_agreed)
        await workflow.apply(api, plan.steps, clock=api.clock)
    _keep_certificate(repository, request, plan)
    if plan.deploy_key:
        output.note("add this deploy key to the repository, with read access only:")
        output.print_result(plan.deploy_key)


def _keep_certificate(repository: Repository, request: Bootstrap, plan: BootstrapPlan) -> None:
    """Write the cluster's certificate; a committed hybrid key stays behind it."""
    from gitopskit.repository.certificates import read_certificate_of, write_certificate_of
    from gitopskit.repository.layout import certificate_file
    from gitopskit.sealing.certificates import hybrid_part

    if plan.certificate_pem.strip() == request.committed_certificate.strip():
        return
    environment = request.objects.environment
    is_there = repository.path(certificate_file(environment)).is_file()
    held = read_certificate_of(repository, environment).pem if is_there else b""
    pem = plan.certificate_pem + hybrid_part(held)
    path = write_certificate_of(repository, environment, pem)
    output.note(f"wrote the sealing certificate to {path}; commit it")
    if plan.makes_sealing_key:
        output.note(
            "a sealing key was made and is in this cluster only: back it up with "
            f"`gitopskit keys backup FILE -n {plan.unsealer_namespace}`"
        )


def _request(
    repository: Repository, environment: str, *, image: str, git: _Git, sealing_key: str
) -> Bootstrap:
    from gitopskit.git.remotes import parse_remote
    from gitopskit.redaction import Plaintext
    from gitopskit.repository.certificates import read_certificate_of
    from gitopskit.repository.config import load_config
    from gitopskit.repository.layout import certificate_file
    from gitopskit.sealing.certificates import without_hybrid
    from gitopskit.workflows.bootstrap import Bootstrap
    from gitopskit.workflows.first_objects import FirstObjects

    config = load_config(repository)
    config.environment(environment)
    objects = FirstObjects(
        environment=environment,
        repo_url=config.repo_url,
        target_revision=config.target_revision,
        image=image,
        credential=_credential(git),
        known_hosts=output.read_input(git.known_hosts).decode() if git.known_hosts else "",
        git_host=parse_remote(config.repo_url, allow_local=True).host,
        git_ca_pem=output.read_input(git.ca).decode() if git.ca else "",
    )
    committed = repository.path(certificate_file(environment))
    return Bootstrap(
        objects=objects,
        unsealer=_committed_unsealer(repository, environment),
        sealing_key=Plaintext(output.read_input(sealing_key)) if sealing_key else None,
        committed_certificate=without_hybrid(read_certificate_of(repository, environment).pem)
        if committed.is_file()
        else b"",
    )


def _committed_unsealer(repository: Repository, environment: str) -> tuple[JsonObject, ...]:
    """Return the unsealer's objects that the repository holds for an environment, if it does."""
    import sys
    from pathlib import Path

    from gitopskit.cli import settings
    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.render.programs import find_programs
    from gitopskit.render.sources import RenderSource, render
    from gitopskit.repository.layout import unsealer_folder

    folder = unsealer_folder(environment)
    if not repository.path(folder).is_dir():
        return ()
    manifests = render(
        Snapshot(revision="", root=repository.root),
        RenderSource(path=str(folder)),
        programs=find_programs(settings.current().path, beside=Path(sys.executable)),
    )
    return tuple(manifest.content for manifest in manifests)


def _credential(git: _Git) -> GitCredential | None:
    from gitopskit.redaction import Plaintext
    from gitopskit.workflows.first_objects import GitCredential

    if git.ssh_key:
        return GitCredential(ssh_private_key=Plaintext(output.read_input(git.ssh_key)))
    if git.username:
        return GitCredential(username=git.username, password=_password(git.password_file))
    return None


def _password(path: str) -> Plaintext:
    from gitopskit.cli.prompts import ask_secret
    from gitopskit.redaction import Plaintext

    if path:
        return Plaintext(output.read_input(path).rstrip(b"\r\n"))
    return ask_secret("Password or token: ", hint="pass `--git-password-file FILE`")

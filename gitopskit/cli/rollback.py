"""`gitopskit rollback`: the commit, or the pull request, that goes back in Git."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output
from gitopskit.cli.output import OutputFormat
from gitopskit.errors import GitFailed, InputError
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from gitopskit.git.clone import Clone
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.workflows.rollback_plan import RollbackPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is to be made of a plan."""

    branch: str
    is_tagged: bool
    remote: str
    is_pushed: bool


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rollback")(rollback)


def rollback(  # noqa: PLR0913 -- one parameter for each flag
    app: Annotated[
        str, typer.Argument(help="The app; without --env the Application's whole name.")
    ],
    *,
    env: Annotated[str, typer.Option("--env", help="The environment.")] = "",
    to: Annotated[
        str,
        typer.Option("--to", metavar="REV", help="Go back to this; by default the last healthy."),
    ] = "",
    branch: Annotated[
        str, typer.Option("--branch", help="Commit on a new branch; by default on the current one.")
    ] = "",
    tag: Annotated[bool, typer.Option("--tag/--no-tag", help="Tag the commit.")] = True,
    body: Annotated[
        bool,
        typer.Option("--body", "--pull-request", help="Only print the text of a pull request."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the diff.")] = False,
    push: Annotated[bool, typer.Option("--push", help="Push the commit and its tag.")] = False,
    remote: Annotated[
        str, typer.Option("--remote", help="Where to push to; by default what the branch follows.")
    ] = "",
    path: Annotated[
        list[str] | None, typer.Option("--path", help="Bring this back as well; may be repeated.")
    ] = None,
    directory: Annotated[
        str, typer.Option("--directory", "-C", help="Your clone of the repository.")
    ] = ".",
    context: Annotated[str, typer.Option("--context", help="The kubeconfig's context.")] = "",
    form: Annotated[OutputFormat, typer.Option("--output", "-o", help="How to print.")] = "text",
) -> None:
    """Commit what brings an Application back to its last healthy revision; prints a request's text.

    Only the files that it is rendered from change. Nothing is pushed unless you ask for it.
    """
    from pathlib import Path

    from gitopskit.cli import settings
    from gitopskit.cli.wiring import run_async
    from gitopskit.git.clone import Clone
    from gitopskit.workflows import rollback as workflow

    clone = Clone.at(Path(directory), environment=settings.environment_of_person())
    content = run_async(_application(context, f"{app}-{env}" if env else app))
    plan = workflow.plan_rollback(clone, content, to=to, more_paths=path or ())
    if not plan.blobs:
        output.note("nothing to do: what it is rendered from is as it was in the good commit")
        return
    if dry_run:
        output.print_exactly(clone.diff("HEAD", workflow.tree_of(clone, plan)))
        return
    wish = _Wish(branch=branch, is_tagged=tag, remote=remote, is_pushed=push)
    done = {} if body else _commit(clone, plan, wish)
    _print(plan, done, form)


def _commit(clone: Clone, plan: RollbackPlan, wish: _Wish) -> JsonObject:
    """Commit, tag and push as is wished, and return what was done."""
    from gitopskit.workflows.rollback import commit_rollback, tag_rollback

    commit = commit_rollback(clone, plan, branch=wish.branch)
    branch = clone.branch()
    tags = [tag_rollback(clone, plan)] if wish.is_tagged else []
    output.note(f"committed {commit} on {scrub(branch)}" + "".join(f", tag {it}" for it in tags))
    remote = wish.remote or clone.remote_of(branch)
    words = " ".join([scrub(remote), scrub(branch), *tags])
    if wish.is_pushed:
        try:
            clone.push(remote, branch, tags)
        except GitFailed as error:
            hint = f"the commit stays in this clone; `git push --atomic {words}` tries it again"
            raise GitFailed(error.what, where=error.where, hint=hint) from error
        output.note(f"pushed to {scrub(remote)}")
        output.note(
            f"hint: `gitopskit reconciler wait {plan.application} --revision {commit}` waits for it"
        )
    else:
        output.note(f"hint: nothing was pushed; `git push {words}` does it")
    return {"commit": commit, "branch": branch, "tags": tags, "isPushed": wish.is_pushed}


def _print(plan: RollbackPlan, done: JsonObject, form: OutputFormat) -> None:
    from gitopskit.workflows.rollback_plan import body, told

    if form == "text":
        for note in plan.notes:
            output.note(f"warning: {note}")
        output.print_result(body(plan))
    else:
        output.print_structured({**told(plan), **done}, form)


async def _application(context: str, name: str) -> JsonObject:
    from gitopskit.cli.wiring import connect
    from gitopskit.errors import ApiNotFound
    from gitopskit.kube.resources import APPLICATIONS
    from gitopskit.reconciler.names import APPLICATIONS_NAMESPACE

    async with connect(context) as api:
        try:
            return await api.get(APPLICATIONS, name, APPLICATIONS_NAMESPACE)
        except ApiNotFound as error:
            raise InputError(
                "there is no such Application",
                where=f"Application/{APPLICATIONS_NAMESPACE}/{scrub(name)}",
                hint="`gitopskit reconciler status` lists them; an app has one per --env",
            ) from error

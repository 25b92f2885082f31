"""The page of limits tells the constants of the code, all of them and no others."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final

from gitopskit.controller.http_bodies import RoomForBodies
from gitopskit.controller.http_server import HttpLimits
from gitopskit.git.program import GitLimits
from gitopskit.manifests.documents import read_values
from gitopskit.manifests.source import Limits
from gitopskit.reconciler.guards import STANDARD_LIMIT
from gitopskit.render.programs import RenderLimits

if TYPE_CHECKING:
    from gitopskit.controller.rate_limit import Rate

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs/reference/limits.md"
ROW: Final = re.compile(r"^\| (?!what \||---)([^|]+) \| ([^|]+) \| [^|]+ \| [^|]*\|$", re.MULTILINE)
PLACE: Final = re.compile(r"\]\([^)]*\)|[\[`]")

GIT: Final = GitLimits()
BUILD: Final = RenderLimits()
TEXT: Final = Limits()
ROOM: Final = RoomForBodies()
KIB: Final = 1024
MIB: Final = KIB * KIB
GIB: Final = KIB * MIB
MINUTE: Final = 60.0


def of(name: str) -> Any:  # noqa: ANN401 -- a constant of any type
    """Return a constant: its module below the package, a colon, its name."""
    return resolve_name(f"gitopskit.{name}")


def number(value: float) -> str:
    return f"{value:,.0f}"


def seconds(value: float) -> str:
    return f"{value:g} s"


def size(value: int) -> str:
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if value >= unit and value % unit == 0:
            return f"{number(value // unit)} {name}"
    return f"{value} bytes"


def quantity(text: str) -> str:
    """Return what the API writes as ``2Gi`` in the words of the page."""
    return re.sub(r"^(\d+)([KMG])i$", lambda it: f"{number(int(it[1]))} {it[2]}iB", text)


def deployment() -> dict[str, str]:
    path = ROOT / "templates/platform/reconciler/deployment.yaml"
    [document] = read_values(path.read_bytes(), path=path.name)
    pod: Any = document.content["spec"]["template"]["spec"]
    volumes = {it["name"]: it["emptyDir"]["sizeLimit"] for it in pod["volumes"]}
    limits = pod["containers"][0]["resources"]["limits"]
    return {
        "volume of the cache": quantity(volumes["cache"]),
        "volume for temporary files, in memory": quantity(volumes["tmp"]),
        "memory": quantity(limits["memory"]),
        "processors": limits["cpu"],
    }


def git() -> dict[str, str]:
    return {
        "files of one revision, together": size(GIT.size_bytes),
        "files of one revision": number(GIT.files),
        "one transfer, packed": size(GIT.size_bytes),
        "one call of git": seconds(GIT.timeout_seconds),
        "memory that one git process writes to": size(GIT.data_bytes),
        "submodules of a commit": number(of("git.submodules:MOST_SUBMODULES")),
        "submodules of a commit, with theirs": number(of("git.submodules:MOST_OF_ALL")),
        "levels of submodules": number(of("git.submodules:DEEPEST")),
        "URL of a repository": f"{number(of('git.remotes:_LONGEST_URL'))} characters",
        "name of a revision": f"{number(of('git.revisions:_LONGEST'))} characters",
        "fields of a repository Secret, together": size(
            of("git.credentials:LARGEST_CREDENTIAL_BYTES")
        ),
        "asking a server what a revision is": seconds(GIT.asking_seconds),
        **questions(),
        "checking one GPG signature": seconds(of("git.verification:_GPG_SECONDS")),
        "checked-out revisions of a copy": number(GIT.kept_snapshots),
        "commits of a copy": number(GIT.kept_commits),
        "all copies together": size(of("git.evicting:LARGEST_CACHE_BYTES")),
        "time that what nobody follows stays": f"{of('git.cleaning:UNUSED_SECONDS') / 60:g} min",
    }


def questions() -> dict[str, str]:
    shares, room = of("reconciler.lanes:OF_ONE"), of("reconciler.lanes:_ROOM")
    return {
        "questions to servers at once": number(of("reconciler.lanes:AT_ONCE")),
        "about one repository": number(shares["repository"]),
        "about repositories of one server": number(shares["server"]),
        "for one project": number(shares["project"]),
        "about repositories that were slow": number(room["slow"]),
        "about repositories that were never asked": number(room["new"]),
        "an answer that counts as slow": seconds(of("reconciler.lanes:SLOW_SECONDS")),
    }


def building() -> dict[str, str]:
    charts = "reconciler.chart_repositories"
    return {
        "one build by kustomize or Helm": seconds(BUILD.timeout_seconds),
        "a build of several overlays together": seconds(of("render.together:_TIMEOUT_SECONDS")),
        "overlays built together": number(of("reconciler.batches:_MOST")),
        "address space of a build": size(BUILD.memory_bytes),
        "memory that a build writes to": size(BUILD.data_bytes),
        "output of a build": size(BUILD.output_bytes),
        "builds at once": number(of("reconciler.repositories:_RENDERERS")),
        "one file that is read": size(of("render.tree:LARGEST_FILE_BYTES")),
        "text of YAML or JSON": size(TEXT.size_bytes),
        "depth of a document": number(TEXT.depth),
        "values that the aliases of a text stand for": number(TEXT.aliases),
        "documents of one text": number(TEXT.documents),
        "files of manifests in a folder": number(BUILD.files),
        "folders in one another": number(of("render.directory:_DEEPEST")),
        "kustomizations that refer to one another": number(of("render.references:_DEEPEST")),
        "pattern of include or exclude": f"{number(of('render.patterns:_LONGEST'))} characters",
        "patterns that the braces of one stand for": number(of("render.patterns:_MOST")),
        "steps in the name of a Helm parameter": number(of("render.helm_values:_DEEPEST")),
        "index of a list in such a name": number(of("render.helm_values:_LONGEST_LIST")),
        "one call to a repository of charts": seconds(of(f"{charts}:_TIMEOUT_SECONDS")),
        "what such a call prints": size(of(f"{charts}:_LARGEST_ANSWER_BYTES")),
        "memory that such a call writes to": size(of(f"{charts}:_DATA_BYTES")),
    }


def expressions() -> dict[str, str]:
    program = "reconciler.jq_program"
    return {
        "computing for one question": seconds(of(f"{program}:_CPU_SECONDS")),
        "memory of one question": size(of(f"{program}:_MEMORY_BYTES")),
        "fields that the expressions name in one object": number(of(f"{program}:_MOST_PATHS")),
        "depth of such a field": number(of(f"{program}:_DEEPEST")),
        "time of one question, waiting included": seconds(of("reconciler.jq_paths:_WALL_SECONDS")),
        "questions at once": number(of("reconciler.jq_paths:_PROCESSES")),
    }


def applications() -> dict[str, str]:
    fights = "controller.fights"
    workers = of("reconciler.loop:ReconcilerOptions").__dataclass_fields__["workers"].default
    return {
        "deletions by one revision, unasked": (
            f"{STANDARD_LIMIT.count} objects, or {STANDARD_LIMIT.percent} % if that is more"
        ),
        (
            "waiting with a deletion for a look at an Application"
            " whose project does not permit the object"
        ): seconds(of("reconciler.parting:_PATIENCE_SECONDS")),
        "objects of one Application written at once": number(of("reconciler.syncing:_AT_ONCE")),
        "Applications handled at once (--workers)": number(workers),
        "reverts of one object by the same manager": (
            f"{of(f'{fights}:_AT_ONCE')} in a minute"
            if of(f"{fights}:_WINDOW_SECONDS") == of(f"{fights}:_LONGEST_SECONDS") == MINUTE
            else "another window"
        ),
        "images in status.summary": number(of("reconciler.images:MOST_TOLD")),
        "history": number(of("reconciler.status:_MOST_HISTORY")),
        "message of a condition": f"{number(of('reconciler.status:_LONGEST_MESSAGE'))} characters",
        "schedule of a sync window": f"{of('reconciler.schedules:_LONGEST_TEXT')} characters",
        "expression of declared health": f"{number(of('health.expressions:_LONGEST'))} characters",
        "lines of one inventory ConfigMap": (
            f"{number(of('reconciler.inventory:SHARD_SIZE_BYTES'))} bytes"
        ),
        "commits kept of one revision that is followed": number(
            of("reconciler.heads:_MOST_COMMITS")
        ),
        "commits kept of all revisions": number(of("reconciler.heads:_MOST_OF_ALL")),
    }


def receiving_and_telling() -> dict[str, str]:
    api = "reconciler.webhook_api"
    http = "controller.http_server"
    receivers = "reconciler.alert_receivers"
    return {
        "body of a delivery": size(of("reconciler.webhooks:LARGEST_BODY_BYTES")),
        "deliveries of one address": rate(of(f"{api}:_OF_PEER")),
        "deliveries of all addresses": rate(of(f"{api}:_OF_ALL")),
        "repositories passed on to the leader": number(of("reconciler.pushes:MOST_PLACES")),
        "writes of what is passed on": (
            f"{1 / of('reconciler.following:_PAUSE_SECONDS'):g} in a second"
        ),
        "bodies held at once": f"{ROOM.bodies}, of them {ROOM.bodies_of_peer} of one address",
        "bytes of bodies held at once": size(ROOM.size_bytes),
        "connections": number(HttpLimits().connections),
        "headers of a request": (
            f"{of(f'{http}:_MOST_HEADERS')} of {size(of(f'{http}:_LONGEST_LINE_BYTES'))}"
        ),
        "secret of a sender": at_least(of("reconciler.webhooks:SHORTEST_SECRET_BYTES")),
        "receivers": number(of(f"{receivers}:MOST_RECEIVERS")),
        "answer of a receiver": seconds(of("controller.http_client:_TIMEOUT_SECONDS")),
        "message of an alert": (f"{number(of('reconciler.alerting:_LONGEST_MESSAGE'))} characters"),
        "key for signatures": at_least(of(f"{receivers}:SHORTEST_HMAC_BYTES")),
        "record of what was told": (
            f"{number(of('reconciler.alert_records:_LARGEST_RECORD_CHARACTERS'))} characters"
        ),
    }


def rate(allowed: Rate) -> str:
    return f"{allowed.per_second:g} in a second, {allowed.burst:g} at once"


def at_least(count: int) -> str:
    return f"{count} bytes at least"


def test_every_limit_that_is_told_is_that_of_the_code() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    told = [(PLACE.sub("", what), bound) for what, bound in rows]

    assert len(dict(told)) == len(told)
    assert dict(told) == {
        **git(),
        **building(),
        **expressions(),
        **applications(),
        **receiving_and_telling(),
        **deployment(),
    }

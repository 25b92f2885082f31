"""What a new repository is made of, and the rules that its names obey.

Pure. Names end up in YAML unquoted, in paths, in namespaces and in Service names at once; what
any of these would misread is refused here, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.git.remotes import parse_remote
from gitopskit.git.revisions import require_revision
from gitopskit.manifests.names import require_dns_label
from gitopskit.manifests.settled_names import ROOT_PROJECT
from gitopskit.repository.config import Environment

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_APP: Final = "web"
DEFAULT_ENVIRONMENTS: Final = ("staging", "prod")
DEFAULT_REVISION: Final = "main"
DEFAULT_IMAGE: Final = "nginxinc/nginx-unprivileged:1.29.4-alpine"
"""An image that answers on port 8080 as a user other than root, on a read-only file system."""

_YAML_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""Words that YAML 1.1 reads as something else than text. Source: yaml.org/type/bool.html."""

_TAKEN: Final = {
    "repository": frozenset({"platform", "default", ROOT_PROJECT}),
    "app": frozenset({"platform", "root"}),
    "environment": frozenset({"kube", "gitopskit"}),
}
"""Names of AppProjects, Applications and namespaces that are ours or the cluster's."""

_IMAGE: Final = re.compile(
    r"(?P<name>([a-z0-9]+([.-]+[a-z0-9]+)*(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*)"
    r"(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""Source: the grammar of distribution's reference package, without what kustomize cannot split."""

_LONGEST_IMAGE: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that says which build it is: ``tag`` or ``digest`` is set, the other is empty."""

    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """Return the reference as a container names it."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a new repository is made of; made by ``make_answers``, which checks it."""

    name: str
    repo_url: str
    image: Image
    apps: tuple[str, ...]
    environments: tuple[str, ...]
    target_revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswers:
    """What a person answered, unchecked; an empty field takes its default."""

    name: str = ""
    repo_url: str = ""
    image: str = ""
    apps: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    target_revision: str = ""


def make_answers(raw: RawAnswers) -> Answers:
    """Return checked answers, with defaults for what was not answered; the name has none.

    Raises:
        InputError: an answer breaks a rule; says which, and what to use instead.
    """
    name = check_name(raw.name, "repository")
    apps = _checked(raw.apps or (DEFAULT_APP,), "app")
    environments = _checked(raw.environments or DEFAULT_ENVIRONMENTS, "environment")
    _check_pairs(environments, apps)
    return Answers(
        name=name,
        repo_url=check_repo_url(raw.repo_url or f"https://git.example.com/{name}.git"),
        image=parse_image(raw.image or DEFAULT_IMAGE),
        apps=apps,
        environments=environments,
        target_revision=require_revision(raw.target_revision or DEFAULT_REVISION),
    )


def check_name(value: str, what: str) -> str:
    """Return the name of a ``repository``, ``app`` or ``environment`` if it can be used as such.

    Raises:
        InputError: it is no DNS label, begins with a digit, is a word that YAML reads as something
            else, or is taken.
    """
    require_dns_label(value, what=f"{what} name")
    if not value[0].isalpha():
        raise InputError(
            f"the {what} name {value!r} does not begin with a letter", hint="begin with a letter"
        )
    if value in _YAML_WORDS:
        raise InputError(
            f"YAML does not read {value!r} as a text, so no {what} can be called so",
            hint="choose another name",
        )
    if value in _TAKEN[what]:
        raise InputError(
            f"the {what} name {value!r} is taken by the platform", hint="choose another name"
        )
    return value


def check_repo_url(url: str) -> str:
    """Return the address of a repository if the reconciler could read it.

    Whether anything is there is not checked, and a path on this machine passes: whether the
    reconciler takes one is decided where it is started.

    Raises:
        InputError: it is malformed, is reached by other means than https or ssh, or carries a
            password.
    """
    return parse_remote(url, allow_local=True).url


def parse_image(reference: str) -> Image:
    """Return the parts of an image reference.

    Raises:
        InputError: it is malformed, has neither tag nor digest, or its tag is ``latest``.
    """
    match = _IMAGE.fullmatch(reference) if len(reference) <= _LONGEST_IMAGE else None
    if match is None:
        raise InputError(
            f"{reference[:80]!r} is not an image", hint="use a form such as ghcr.io/me/web:v1.2.3"
        )
    name, tag, digest = match["name"], match["tag"] or "", match["digest"] or ""
    if not digest and (not tag or tag == "latest"):
        raise InputError(
            f"the image {reference!r} does not say which build it is",
            hint="add a tag other than latest, or a digest",
        )
    return Image(name=name, tag="" if digest else tag, digest=digest)


def _checked(names: Iterable[str], what: str) -> tuple[str, ...]:
    checked = tuple(check_name(name, what) for name in names)
    for name in checked:
        if checked.count(name) > 1:
            raise InputError(f"the {what} name {name!r} is given twice", hint="give it once")
    return checked


def _check_pairs(environments: tuple[str, ...], apps: tuple[str, ...]) -> None:
    seen: dict[str, str] = {}
    for environment, app in product(environments, apps):
        namespace = Environment(name=environment).namespace(app)
        pair = f"app {app!r} in {environment!r}"
        require_dns_label(namespace, what=f"namespace of the {pair}")
        for name in (f"namespace {namespace}", f"Application {app}-{environment}"):
            if name in seen:
                raise InputError(
                    f"the {pair} and the {seen[name]} would share the {name}",
                    hint="rename one of them",
                )
            seen[name] = pair

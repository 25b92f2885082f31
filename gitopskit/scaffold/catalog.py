"""Which templates make up a repository, and with which values each is rendered.

Pure but for the look-up of the folder. Each template stands for one kind of thing, so that a
second app or environment is one more rendering of the same template.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gitopskit import __version__
from gitopskit.repository.templates import templates_root

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitopskit.scaffold.answers import Answers

TemplateName = Literal["repository", "application", "cluster", "overlay"]

_FIRST_REPLICAS = 1
_LAST_REPLICAS = 2
"""The last environment is the one that matters most: it gets a second replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A template and the values it is rendered with."""

    template: TemplateName
    values: Mapping[str, Any]


def template_folder(name: TemplateName) -> Path:
    """Return the folder of a template.

    Raises:
        EnvironmentFault: the installation has no templates.
    """
    return templates_root() / name


def renderings(answers: Answers) -> tuple[Rendering, ...]:
    """Return what has to be rendered for a whole repository, in no order that matters."""
    values: dict[str, Any] = {
        "version": __version__,
        "name": answers.name,
        "repo_url": answers.repo_url,
        "target_revision": answers.target_revision,
        "apps": list(answers.apps),
        "environments": list(answers.environments),
        "image": str(answers.image),
        "image_name": answers.image.name,
        "image_tag": answers.image.tag,
        "image_digest": answers.image.digest,
    }
    planned = [Rendering(template="repository", values=values)]
    planned.extend(
        Rendering(template="application", values={**values, "app": app}) for app in answers.apps
    )
    for environment in answers.environments:
        is_last = environment == answers.environments[-1]
        replicas = _LAST_REPLICAS if is_last else _FIRST_REPLICAS
        cluster = {**values, "environment": environment, "replicas": replicas}
        planned.append(Rendering(template="cluster", values=cluster))
        planned.extend(
            Rendering(template="overlay", values={**cluster, "app": app}) for app in answers.apps
        )
    return tuple(planned)

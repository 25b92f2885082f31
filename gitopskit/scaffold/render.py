"""The only module that knows copier: renders one template folder into a folder.

Templates run no tasks and no code, the user's copier settings are not read, and nothing about
this machine enters what is written.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from copier import Settings, run_copy
from copier.errors import CopierError, CopierWarning
from jinja2 import TemplateError

from gitopskit.errors import EnvironmentFault, GitopskitError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def render_template(template: Path, destination: Path, values: Mapping[str, Any]) -> None:
    """Render a template folder with its values into a folder; what is there already stays.

    Raises:
        EnvironmentFault: a file cannot be written.
        GitopskitError: the template is broken, which is a bug of ours.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CopierWarning)
            run_copy(
                str(template),
                destination,
                data=dict(values),
                defaults=True,
                settings=Settings(),
                overwrite=True,
                quiet=True,
                unsafe=False,
                skip_tasks=True,
                cleanup_on_error=False,
            )
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the files: {error.strerror}",
            where=str(destination),
            hint="check that the folder may be written and that the disk is not full",
        ) from error
    except (CopierError, TemplateError) as error:
        raise GitopskitError(
            f"the template {template.name!r} does not render: {type(error).__name__}"
        ) from error

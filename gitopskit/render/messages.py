"""What kustomize and Helm say of a build that failed, without what they echo of what they read.

Pure. Kustomize shows patches, literals and whole documents in its errors, Helm shows values, and so
both maybe secrets.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST: Final = 400
_NOISE: Final = re.compile(r"^error: |accumulation err='|accumulating resources(: | from )|#+")
_HELM_NOISE: Final = re.compile(
    r"^Error: |\n*Use --debug flag to render out invalid YAML\n*"
    r"|^(WARNING|walk\.go).*\n|level=.*\n",
    re.MULTILINE,
)
_SHORTEST_HIDDEN: Final = 4
_NOT_A_FOLDER: Final = re.compile(
    r"'?: (must build at directory: .*?(not directory|'$)|recursed .*)$", re.DOTALL
)
_ECHO: Final = re.compile(
    r"`[^`]*`"
    r"|\[(?!noNs\]|noGrp\]|noVer\]|noKind\])[^\[\]]*(?:\[[^\]]*\][^\[\]]*)*\]"
    r"|map\[[^\]]*\]"
    r"|\{.*\}"
    r"|(?<=literal source )\S.*?(?=, expected)",
    re.DOTALL,
)
_QUOTED: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_RESOURCE_ID: Final = re.compile(
    r"[A-Z]\w*\.(?:v\w+|\[noVer\])\.[\w.\[\]-]+/[\w.-]+\.(?:\[noNs\]|[\w-]+)"
)
"""How kustomize names an object. Source: kyaml/resid/resid.go."""


def explain_build(stderr: bytes, *, root: str, known_names: Collection[str]) -> str:
    """Return kustomize's message fit to be shown: values left out, paths inside the revision.

    Quoted text stays only if it is one of the known names (files, folders) or names an object.
    """
    said = stderr.decode(errors="replace").replace(f"{root}/", "").replace(root, ".")
    said = _ECHO.sub("…", said)
    said = _NOT_A_FOLDER.sub("", _NOISE.sub("", said))

    def keep(match: re.Match[str]) -> str:
        content = match[1] if match[1] is not None else match[2]
        is_harmless = content in known_names or _RESOURCE_ID.fullmatch(content)
        return f"`{content}`" if is_harmless else "…"

    return scrub(_QUOTED.sub(keep, said), limit=_LONGEST).rstrip(".") or "it said nothing"


def explain_chart(stderr: bytes, *, root: str, hidden: Collection[str]) -> str:
    """Return Helm's message fit to be shown: paths inside the revision, the given texts left out.

    They are left out in base64 too. Very short ones stay: they tell nothing, and are everywhere.
    """
    said = stderr.decode(errors="replace").replace(f"{root}/", "").replace(root, ".")
    said = _HELM_NOISE.sub("", said)
    for text in sorted(hidden, key=len, reverse=True):
        if len(text) >= _SHORTEST_HIDDEN:
            coded = base64.b64encode(text.encode()).decode()
            said = said.replace(text, "…").replace(coded, "…").replace(coded.rstrip("="), "…")
    return scrub(said.strip(), limit=_LONGEST).rstrip(".") or "it said nothing"

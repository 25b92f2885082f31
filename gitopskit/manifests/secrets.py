"""What counts as a secret that everybody can read, in a manifest.

Owns the rule ``plaintext-secret``: Secrets with data, variables named like passwords, and text
that is a key or a token wherever it stands, base64 decoded too. What is encrypted (SealedSecret,
SOPS) or only refers to a secret is fine. A finding never shows a value. Start at
``find_plaintext``.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject, JsonValue

RULE: Final = "plaintext-secret"

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_HELD_BY_KUBECTL: Final = '"kind":"Secret"'
_ENCRYPTED_BY_SOPS: Final = "ENC["
_SEAL_HINT: Final = "run `gitopskit seal {path} --in-place`"
_MOVE_HINT: Final = "put the value into a Secret, seal it, and refer to it"
_ROTATE_HINT: Final = "replace the secret where it is used, then seal the new one"

_NAMED_LIKE_A_SECRET: Final = re.compile(
    r"(?i)(?:^|[_.-])(?:password|passwd|passphrase|pwd|secret|secret[_.-]?key(?:[_.-]base)?|token"
    r"|api[_.-]?key|access[_.-]?key|private[_.-]?key|encryption[_.-]?key|credentials?)$"
)
_REFERS_TO_A_SECRET: Final = re.compile(
    r"\$[({]|\{\{|<|%|vault:|ref\+|op://|arn:|projects/"
    r"|/(?:var|etc|run|mnt|secrets?|vault|tmp|opt|home|usr|app|config)/"
    r"|(?i:true|false|none|null|yes|no|on|off|enabled|disabled)$"
)
_SHORTEST_SECRET_SHAPE: Final = 16
_SECRET_SHAPES: Final = re.compile(
    r"(?P<private_key>-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)"
    r"|(?P<age_key>\bAGE-SECRET-KEY-1[0-9A-Z]{20,})"
    r"|(?P<aws_key>\b(?:AKIA|ASIA)[0-9A-Z]{16}\b)"
    r"|(?P<github_token>\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{50,}))"
    r"|(?P<gitlab_token>\bglpat-[0-9A-Za-z_-]{20,})"
    r"|(?P<slack_token>\bxox[abeoprs]-[0-9A-Za-z-]{10,})"
    r"|(?P<stripe_key>\b[rs]k_live_[0-9A-Za-z]{20,})"
    r"|(?P<google_key>\bAIza[0-9A-Za-z_-]{35}\b)"
    r"|(?P<npm_token>\bnpm_[0-9A-Za-z]{36}\b)"
    r"|(?P<vault_token>\bhv[sbr]\.[0-9A-Za-z_-]{24,})"
    r"|(?P<json_web_token>\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{20,})"
    r"|(?P<azure_account_key>\bAccountKey=[0-9A-Za-z+/]{40,})"
    r"|(?P<password_in_a_URL>\b[a-z][a-z0-9+.-]*://[^\s:/@]+:(?![$<{%*])[^\s/@]{3,}@[^\s/])"
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]{20,}={0,2}\s*")
_SKIPPED_FIELDS: Final = frozenset({"encryptedData", "sops"})


def find_plaintext(manifest: Manifest) -> tuple[Finding, ...]:
    """Return where a manifest holds a secret that everybody can read, without the value."""
    findings = {*_in_secret(manifest), *_in_config(manifest)}
    if _is_suspicious(manifest.content):
        findings.update(_in_fields(manifest, manifest.content, ()))
    return tuple(sorted(findings))


def _is_suspicious(content: JsonObject) -> bool:
    """Whether it is worth looking for a place: quick, since most manifests hold no secret."""
    waiting: list[JsonValue] = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "value" in value and _is_named_secret(str(value.get("name")), value["value"]):
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and _is_suspicious_text(value):
            return True
    return False


def _is_suspicious_text(text: str) -> bool:
    is_long = len(text) >= _SHORTEST_SECRET_SHAPE
    return is_long and (_HELD_BY_KUBECTL in text or bool(_shape_of(text)))


def _in_secret(manifest: Manifest) -> Iterator[Finding]:
    if manifest.kind != "Secret" or manifest.api_version != "v1":
        return
    for field in ("data", "stringData"):
        items = manifest.content.get(field)
        if isinstance(items, dict) and any(map(_is_readable, items.values())):
            what = f'Secret "{manifest.name}" holds plaintext in {field}'
            hint = _SEAL_HINT.format(path=manifest.path)
            yield _finding(manifest, (field,), what, hint)


def _is_readable(value: JsonValue) -> bool:
    return bool(value) and not str(value).startswith(_ENCRYPTED_BY_SOPS)


def _in_fields(
    manifest: Manifest, value: JsonValue, pointer: tuple[str | int, ...]
) -> Iterator[Finding]:
    if isinstance(value, dict):
        yield from _in_variable(manifest, value, pointer)
        for name, child in value.items():
            if name not in _SKIPPED_FIELDS and not _is_secret_data(manifest, name, pointer):
                yield from _in_fields(manifest, child, (*pointer, name))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _in_fields(manifest, child, (*pointer, number))
    elif isinstance(value, str) and len(value) >= _SHORTEST_SECRET_SHAPE:
        yield from _in_text(manifest, value, pointer)


def _is_secret_data(manifest: Manifest, name: str, pointer: tuple[str | int, ...]) -> bool:
    """Whether a field is reported already as a whole."""
    return not pointer and manifest.kind == "Secret" and name in {"data", "stringData"}


def _in_variable(
    manifest: Manifest, entry: JsonObject, pointer: tuple[str | int, ...]
) -> Iterator[Finding]:
    if len(pointer) < 2 or pointer[-2] != "env":  # noqa: PLR2004 -- the list and the place in it
        return
    name = entry.get("name")
    if isinstance(name, str) and _is_named_secret(name, entry.get("value")):
        what = f"the environment variable {name} holds a secret in plain text"
        yield _finding(manifest, (*pointer, "value"), what, _MOVE_HINT)


def _in_config(manifest: Manifest) -> Iterator[Finding]:
    data = manifest.content.get("data")
    if manifest.kind != "ConfigMap" or not isinstance(data, dict):
        return
    for name, value in data.items():
        if _is_named_secret(name, value):
            what = f'the key "{name}" of a ConfigMap holds a secret in plain text'
            yield _finding(manifest, ("data", name), what, _MOVE_HINT)


def _is_named_secret(name: str, value: JsonValue) -> bool:
    return (
        isinstance(value, str)
        and bool(value.strip())
        and _NAMED_LIKE_A_SECRET.search(name) is not None
        and not value.startswith(_ENCRYPTED_BY_SOPS)
        and _REFERS_TO_A_SECRET.match(value) is None
    )


def _in_text(manifest: Manifest, text: str, pointer: tuple[str | int, ...]) -> Iterator[Finding]:
    if pointer[-1] == _LAST_APPLIED and _HELD_BY_KUBECTL in text:
        yield _finding(manifest, pointer, "an annotation holds a whole Secret", "remove it")
    shape = _shape_of(text)
    if shape:
        yield _finding(manifest, pointer, f"this holds a secret: {shape}", _ROTATE_HINT)


def _shape_of(text: str) -> str:
    """Return what kind of secret a text holds, base64 decoded too, or an empty string."""
    match = _SECRET_SHAPES.search(text) or _SECRET_SHAPES.search(_decoded(text))
    return "" if match is None else str(match.lastgroup).replace("_", " ")


def _decoded(text: str) -> str:
    if not _BASE64.fullmatch(text):
        return ""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode(errors="replace")
    except binascii.Error:
        return ""


def _finding(
    manifest: Manifest, pointer: tuple[str | int, ...], message: str, hint: str
) -> Finding:
    position = manifest.locate(pointer)
    return Finding(
        path=manifest.path,
        line=position.line,
        column=position.column,
        rule=RULE,
        message=message,
        hint=hint,
        subject=str(manifest.ref),
    )

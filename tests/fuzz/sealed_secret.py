"""SealedSecrets in whatever text decodes: parsed, written, opened, or refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, MalformedDocument, Undecryptable
from gitopskit.manifests.documents import expand_lists, read_documents, read_value
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.manifests.write import dump_documents, dump_json
from gitopskit.sealing.key_records import dump_records, read_records
from gitopskit.sealing.sealed_secret import parse, to_content
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.fuzz.judgement import is_same, require_told

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.sealing.sealed_secret import SealedSecret

_BASE64: Final = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII
)
_CANARY: Final = "not?base64"


def check(data: bytes) -> None:
    """Raise where a decoded object makes something else than a SealedSecret or a refusal."""
    try:
        manifests = expand_lists(read_documents(data, path="text"))
    except MalformedDocument:
        return
    for manifest in manifests:
        _check_parsing(manifest.content, manifest.where)
        _check_opening(manifest.content, manifest.where)


def _check_parsing(content: JsonObject, where: str) -> None:
    try:
        sealed = parse(content, where=where)
    except InputError as error:
        require_told(error)
        _require_discreet({**content, "spec": _with_canaries(content.get("spec"))})
        return
    _require_typed(sealed, content)
    written = to_content(sealed)
    assert to_content(parse(written)) == written
    assert is_same(written, read_value(dump_json(written), path="json"))
    assert is_same(written, read_value(dump_documents([written]), path="yaml"))
    assert isinstance(sealed.binding.label, bytes)
    assert sealed.name in str(sealed.ref)
    records = read_records(sealed.annotations)
    assert read_records({KEY_RECORDS_ANNOTATION: dump_records(records)}) == records


def _require_typed(sealed: SealedSecret, content: JsonObject) -> None:
    """Fail where something else than base64 or a boolean was taken for one."""
    assert isinstance(sealed.immutable, bool | None)
    written = content["spec"].get("encryptedData") or {} if sealed.encrypted_data else {}
    assert written.keys() == sealed.encrypted_data.keys()
    for text in written.values():
        assert _BASE64.fullmatch(text.replace("\r", "").replace("\n", ""))


def _require_discreet(content: JsonObject) -> None:
    """Fail where the refusal of an object full of canaries shows one."""
    said = ""
    try:
        parse(content)
    except InputError as error:
        said = f"{error} {error.hint}"
    assert _CANARY not in said


def _with_canaries(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _with_canaries(child) for name, child in value.items()}
    if isinstance(value, list):
        return list(map(_with_canaries, value))
    return _CANARY if isinstance(value, str) else value


def _check_opening(content: JsonObject, where: str) -> None:
    try:
        opened = unseal_secret(content, keyring=Keyring(()), where=where)
    except (InputError, Undecryptable) as error:
        require_told(error)
        return
    assert opened.data == {}

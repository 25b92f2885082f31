"""A tree of sealed files as people and programs write them, each with values that can be told.

Item ``user`` of the SealedSecret ``db`` in ``a.yaml`` holds ``a.yaml db user``, so that what opens
can be checked without a list. Start at ``write_tree``.
"""

from __future__ import annotations

import base64
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.write import dump_documents, dump_json
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.keys import load_certificate
from gitopskit.sealing.scope import Binding, Scope
from gitopskit.sealing.seal import SealOptions, seal_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import KeyPair, PrivateKey, SealingCertificate

_SHAPES: Final = Path(__file__).parents[1] / "manifests" / "shapes"
_NOT_DONE: Final = frozenset(
    {
        "merge-before-own-items.yaml",  # nothing can be added to its metadata, which are merged
        "spec-first.yaml",  # a number in `template.data`, which no cluster takes
        "unicode.yaml",  # a name of an item that no Secret can have
        "unusual-names.yaml",  # the same
    }
)
"""Shapes that are refused as a whole, or of which nothing can be recorded."""

_CONFIG_MAP: Final = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}


def value_of(path: Path, name: str, item: str) -> bytes:
    """Return what an item of a SealedSecret in a file holds."""
    return f"{path.name} {name} {item}".encode()


def write_tree(root: Path, *, files: int, pair: KeyPair) -> None:
    """Write that many files, several to a folder, with values sealed to a key."""
    certificate = load_certificate(pair.certificate_pem, where="")
    writers = [*_shapes(), *_generated()]
    for number in range(files):
        suffix, write = writers[number % len(writers)]
        path = root / f"namespace-{number % 7}" / f"secret-{number}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write(path, certificate).encode())


def wrong_values(path: Path, data: bytes, keys: Sequence[PrivateKey]) -> list[str]:
    """Return the items of a file's content that hold something else than they should.

    Raises:
        InputError: it cannot be read.
        Undecryptable: no key opens an item.
    """
    private_keys = [key.key for key in keys]
    return [
        f"{part.sealed.ref} {item}"
        for part in SealedText.read(data, path=str(path)).parts
        for item, blob in part.sealed.encrypted_data.items()
        if open_value(blob, private_keys=private_keys, label=part.sealed.binding.label).reveal()
        != value_of(path, part.sealed.name, item)
    ]


def _shapes() -> Iterator[tuple[str, Callable[[Path, SealingCertificate], str]]]:
    """Give what writes each of the shapes that an edit is tested with, and can change."""
    for shape in sorted(_SHAPES.iterdir()):
        if shape.suffix in {".yaml", ".json"} and not (
            shape.name.startswith("refused-") or shape.name in _NOT_DONE
        ):
            yield f"-{shape.name}", partial(_filled, shape.read_bytes().decode())


def _filled(text: str, path: Path, certificate: SealingCertificate) -> str:
    """Return a shape with an envelope in place of each value, all else as it is written there."""
    for manifest in expand_lists(read_documents(text, path=str(path))):
        if manifest.kind == sealed_secret.KIND:
            for item, old in manifest.content["spec"]["encryptedData"].items():
                text = _span_of(old, text).sub(_envelope(manifest, item, path, certificate), text)
    return text


def _span_of(value: str, text: str) -> re.Pattern[str]:
    """Return what finds a value where it is written, in one line or in several."""
    if value.strip() in text:
        return re.compile(re.escape(value.strip()))
    if value.startswith("AgBReplaced"):
        return re.compile(r"AgBReplaced.*?ThisOne=", re.DOTALL)
    return re.compile(r"\s+".join(map(re.escape, value.split())))


def _envelope(manifest: Manifest, item: str, path: Path, certificate: SealingCertificate) -> str:
    value = Plaintext(value_of(path, manifest.name, item))
    scope = Scope.of_annotations(manifest.content["metadata"].get("annotations") or {})
    place = Binding(scope=scope, namespace=manifest.namespace, name=manifest.name)
    envelope = seal_value(value, public_key=certificate.public_key, label=place.label)
    return base64.b64encode(envelope).decode()


def _generated() -> Iterator[tuple[str, Callable[[Path, SealingCertificate], str]]]:
    """Give what writes files as our own commands do, and as people change them."""
    for scope in Scope:
        for records in (True, False):
            yield ".yaml", _written_by_us(scope, records=records)
            yield ".json", _written_as_list(scope, records=records)
            yield ".yml", _changed_by_hand(scope, records=records)


def _written_by_us(scope: Scope, *, records: bool) -> Callable[[Path, SealingCertificate], str]:
    def write(path: Path, certificate: SealingCertificate) -> str:
        options = SealOptions(certificate=certificate, scope=scope, records_keys=records)
        return dump_documents([_sealed(path, name, options) for name in ("db", "cache")])

    return write


def _written_as_list(scope: Scope, *, records: bool) -> Callable[[Path, SealingCertificate], str]:
    def write(path: Path, certificate: SealingCertificate) -> str:
        options = SealOptions(certificate=certificate, scope=scope, records_keys=records)
        items = [_CONFIG_MAP, *(_sealed(path, name, options) for name in ("db", "cache"))]
        return dump_json({"apiVersion": "v1", "kind": "List", "items": items})

    return write


def _changed_by_hand(scope: Scope, *, records: bool) -> Callable[[Path, SealingCertificate], str]:
    def write(path: Path, certificate: SealingCertificate) -> str:
        options = SealOptions(certificate=certificate, scope=scope, records_keys=records)
        text = dump_documents([_CONFIG_MAP, _sealed(path, "db", options)])
        commented = text.replace("spec:\n", "# what it holds\nspec: # sealed\n\n")
        return f"# {path.name}\n{commented}# the end".replace("\n", "\r\n")

    return write


def _sealed(path: Path, name: str, options: SealOptions) -> JsonObject:
    items = ("password", "tls.crt", "user") if name == "db" else ("password", "url")
    content = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": path.parent.name,
            "labels": {"app": "shop"},
            "annotations": {"example.com/owner": "team: shop"},
        },
        "type": "Opaque",
        "stringData": {item: value_of(path, name, item).decode() for item in items},
    }
    return seal_secret(content, options)

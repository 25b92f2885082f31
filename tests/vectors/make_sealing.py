"""Writes the vectors of the sealed format anew: ``python tests/vectors/make_sealing.py KUBESEAL``.

Each file of ``tests/vectors/sealing`` is one envelope with the key and the label to try it with,
and what must come of it. The keys are made for this and protect nothing. KUBESEAL is the path of
a kubeseal v0.40.0, which contributes one vector for each scope.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import _seal_with
from gitopskit.sealing.keys import KeyPair, load_certificate, new_sealing_key
from gitopskit.sealing.scope import Binding, Scope

FOLDER: Final = Path(__file__).parent / "sealing"
_NAMESPACE: Final = "shop"
_NAME: Final = "database"
STRICT: Final = Binding(scope=Scope.STRICT, namespace=_NAMESPACE, name=_NAME).label
VALUE: Final = b"correct horse battery staple"
_PREFIX_SIZE_BYTES: Final = 2
_TAG_SIZE_BYTES: Final = 16


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One file: what is opened with what, and what comes of it."""

    comment: str
    expect: str
    sealed: bytes
    pair: KeyPair
    label: bytes
    plaintext: bytes = VALUE
    session_key: bytes = b""

    def to_content(self) -> dict[str, str]:
        """Return the vector as it is written: bytes in base64, PEM and label as text."""
        content = {
            "comment": self.comment,
            "expect": self.expect,
            "sealed": base64.b64encode(self.sealed).decode(),
            "private_key": self.pair.private_pem.reveal().decode(),
            "label": self.label.decode(),
            "plaintext": base64.b64encode(self.plaintext).decode(),
        }
        if self.session_key:
            content["session_key"] = base64.b64encode(self.session_key).decode()
        return content


def _new_pair(size_bits: int = 2048) -> KeyPair:
    return new_sealing_key(now=datetime.now(UTC), size_bits=size_bits)


def _seal(
    pair: KeyPair, *, binding: bytes = STRICT, value: bytes = VALUE, session_key: bytes = b""
) -> bytes:
    public_key = load_certificate(pair.certificate_pem, where="new").public_key
    assert isinstance(public_key, RSAPublicKey)
    return _seal_with(
        session_key or os.urandom(32), Plaintext(value), public_key=public_key, label=binding
    )


def _successes() -> dict[str, Vector]:
    cases = {
        "strict": (STRICT, VALUE, 2048, "scope strict: label namespace/name"),
        "namespace-wide": (_NAMESPACE.encode(), VALUE, 2048, "scope namespace-wide"),
        "cluster-wide": (b"", VALUE, 2048, "scope cluster-wide: empty label"),
        "empty-value": (STRICT, b"", 2048, "a value of no bytes: the body is the tag alone"),
        "binary-value": (STRICT, bytes(range(256)), 2048, "every byte there is"),
        "rsa-3072": (STRICT, VALUE, 3072, "the wrapped session key is 384 bytes long"),
        "rsa-4096": (STRICT, VALUE, 4096, "the default size: 512 bytes of wrapped session key"),
    }
    vectors = {}
    for name, (binding, value, size_bits, comment) in cases.items():
        pair, session_key = _new_pair(size_bits), os.urandom(32)
        vectors[f"success-{name}"] = Vector(
            comment=comment,
            expect="success",
            sealed=_seal(pair, binding=binding, value=value, session_key=session_key),
            pair=pair,
            label=binding,
            plaintext=value,
            session_key=session_key,
        )
    return vectors


def _of_kubeseal(program: str) -> dict[str, Vector]:
    pair = _new_pair()
    vectors = {}
    for scope in Scope:
        binding = Binding(scope=scope, namespace=_NAMESPACE, name=_NAME).label
        vectors[f"success-kubeseal-{scope.value}"] = Vector(
            comment=f"made by kubeseal v0.40.0, scope {scope.value}",
            expect="success",
            sealed=_run_kubeseal(program, pair, scope),
            pair=pair,
            label=binding,
        )
    return vectors


def _run_kubeseal(program: str, pair: KeyPair, scope: Scope) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pair.certificate_pem)
        file.flush()
        flags = ["--raw", "--cert", file.name, "--scope", scope.value]
        place = ["--namespace", _NAMESPACE, "--name", _NAME]
        done = subprocess.run(
            [program, *flags, *place], input=VALUE, capture_output=True, check=True, env={}
        )
    return base64.b64decode(done.stdout)


def _wrong_keys() -> dict[str, Vector]:
    sealed = _seal(_new_pair())
    cases = {"same-size": _new_pair(), "other-size": _new_pair(3072)}
    return {
        f"wrong-key-{name}": Vector(
            comment=f"sealed to another key: {name}",
            expect="wrong key",
            sealed=sealed,
            pair=pair,
            label=STRICT,
        )
        for name, pair in cases.items()
    }


def _wrong_scopes() -> dict[str, Vector]:
    pair = _new_pair()
    sealed = _seal(pair)
    cases = {
        "other-name": b"shop/cache",
        "other-namespace": b"office/database",
        "namespace-wide": b"shop",
        "cluster-wide": b"",
        "no-slash": b"shopdatabase",
        "swapped": b"database/shop",
    }
    return {
        f"wrong-scope-{name}": Vector(
            comment=f"sealed with the label shop/database, opened with {binding.decode()!r}",
            expect="wrong scope",
            sealed=sealed,
            pair=pair,
            label=binding,
        )
        for name, binding in cases.items()
    }


def _truncated() -> dict[str, Vector]:
    pair = _new_pair()
    sealed = _seal(pair)
    wrapped_end = _PREFIX_SIZE_BYTES + 256
    tag_start = len(sealed) - _TAG_SIZE_BYTES
    cases = {
        "0-nothing": 0,
        "1-half-of-the-prefix": 1,
        "2-prefix-only": _PREFIX_SIZE_BYTES,
        "3-in-the-wrapped-key": wrapped_end - 1,
        "4-wrapped-key-only": wrapped_end,
        "5-in-the-body": wrapped_end + _TAG_SIZE_BYTES - 1,
        "6-without-the-tag": tag_start,
        "7-without-the-last-byte": len(sealed) - 1,
    }
    return truncated(sealed, cases, pair=pair)


def truncated(sealed: bytes, sizes: dict[str, int], *, pair: KeyPair) -> dict[str, Vector]:
    """Return the vectors of the first bytes of an envelope, so many by their names."""
    return {
        f"truncated-{name}": Vector(
            comment=f"the first {size} of {len(sealed)} bytes",
            expect="truncated",
            sealed=sealed[:size],
            pair=pair,
            label=STRICT,
        )
        for name, size in sizes.items()
    }


def _tampered() -> dict[str, Vector]:
    pair = _new_pair()
    sealed = _seal(pair)
    wrapped_end = _PREFIX_SIZE_BYTES + 256
    flips = {
        "prefix-high-byte": 0,
        "prefix-low-byte": 1,
        "wrapped-key-first-byte": _PREFIX_SIZE_BYTES,
        "wrapped-key-last-byte": wrapped_end - 1,
        "body-first-byte": wrapped_end,
        "body-last-byte": len(sealed) - _TAG_SIZE_BYTES - 1,
        "tag-first-byte": len(sealed) - _TAG_SIZE_BYTES,
        "tag-last-byte": len(sealed) - 1,
    }
    cases = {name: flip(sealed, position) for name, position in flips.items()}
    cases["one-byte-more"] = sealed + b"\x00"
    cases["body-of-another"] = sealed[:wrapped_end] + _seal(pair)[wrapped_end:]
    return tampered(cases, pair=pair)


def tampered(envelopes: dict[str, bytes], *, pair: KeyPair) -> dict[str, Vector]:
    """Return the vectors of envelopes that were changed, by what was changed of them."""
    return {
        f"tampered-{name}": Vector(
            comment=f"changed: {name.replace('-', ' ')}",
            expect="tampered",
            sealed=changed,
            pair=pair,
            label=STRICT,
        )
        for name, changed in envelopes.items()
    }


def flip(sealed: bytes, position: int) -> bytes:
    """Return an envelope with one bit of the byte at a position changed."""
    changed = bytearray(sealed)
    changed[position] ^= 0x01
    return bytes(changed)


def main() -> None:
    """Replace the vectors."""
    FOLDER.mkdir(exist_ok=True)
    for old in set(FOLDER.glob("*.json")) - set(FOLDER.glob("hybrid-*.json")):
        old.unlink()
    groups = (_successes(), _of_kubeseal(sys.argv[1]), _wrong_keys(), _wrong_scopes())
    write((*groups, _truncated(), _tampered()))


def write(groups: Iterable[dict[str, Vector]], *, prefix: str = "") -> None:
    """Write a file for each vector."""
    for name, vector in ((name, each) for group in groups for name, each in group.items()):
        text = json.dumps(vector.to_content(), indent=2) + "\n"
        (FOLDER / f"{prefix}{name}.json").write_text(text)


if __name__ == "__main__":
    main()

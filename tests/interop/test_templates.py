"""Templated items of one SealedSecret: the real kubeseal and we come to the same Secret."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

from gitopskit.errors import TemplateFailed
from gitopskit.sealedfiles.texts import seal_text, unseal_text
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.seal import SealOptions
from gitopskit.sealing.unseal import Keyring
from tests.support.sealing import BORN, private_key_of, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path

_MANIFEST: Final = """\
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: shop}
data: {bytes: AAEC/w==, user: cm9vdA==}
stringData: {password: "p@ss'w\\"ord", dropped: "gone"}
"""
_TEMPLATES: Final[dict[str, str | None]] = {
    "dsn": "pg://{{ .user }}:{{ .password | urlquery }}@{{ .host }}/{{ .missing }}",
    "host": "db.{{ .zone }}",
    "zone": "eu",
    "user": "never {{ .user }}",
    "dropped": None,
    "seen": "{{ .dropped }}",
    "raw": "<{{ .bytes }}>{{ .bytes | b64enc }}",
    "map": "{{ toJson . }}",
    "file.ini": """[a]
{{- range $i, $part := splitList "@" .password }}
p{{ $i }} = {{ $part }}
{{- end }}""",
}


def _sealed(templates: dict[str, str | None]) -> str:
    pem = sealing_pair().certificate_pem
    options = SealOptions(certificate=read_certificate(pem, where="tls.crt", now=BORN))
    content = json.loads(seal_text(_MANIFEST, path="-", options=options, output="json"))
    content["spec"]["template"] = {"data": templates}
    return json.dumps(content)


def _by_kubeseal(kubeseal: Path, tmp_path: Path, sealed: str) -> dict[str, Any]:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    done = subprocess.run(
        [kubeseal, "--recovery-unseal", "--recovery-private-key", private_key],
        input=sealed,
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    return json.loads(done.stdout)["data"]  # type: ignore[no-any-return]  # of a Secret


def _by_us(sealed: str) -> dict[str, Any]:
    keyring = Keyring([private_key_of(sealing_pair())])
    opened = unseal_text(sealed, path="-", keyring=keyring, output="json")
    return json.loads(opened)["data"]  # type: ignore[no-any-return]  # of a Secret


def test_templated_items_come_to_what_kubeseal_makes_of_them(
    kubeseal: Path, tmp_path: Path
) -> None:
    sealed = _sealed(_TEMPLATES)

    ours = _by_us(sealed)

    assert ours == _by_kubeseal(kubeseal, tmp_path, sealed)
    assert "dropped" not in ours


@pytest.mark.parametrize(
    "text", ["{{ .user", "{{ nope }}", "{{ index .user 99 }}"], ids=["syntax", "name", "value"]
)
def test_a_template_that_fails_there_fails_here(kubeseal: Path, tmp_path: Path, text: str) -> None:
    sealed = _sealed({"user": text})

    with pytest.raises(TemplateFailed):
        _by_us(sealed)
    with pytest.raises(subprocess.CalledProcessError):
        _by_kubeseal(kubeseal, tmp_path, sealed)

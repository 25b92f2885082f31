"""A secret value goes through every command, success and failure, and shows nowhere."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.sealing.keys import new_sealing_key
from tests.support.canary import Canary, Leak, Watch

if TYPE_CHECKING:
    from pathlib import Path

CANARY = Canary(b'canary-"k7\\Zq\nsecond-line-of-the-canary-93b1')
_LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Return a watch over the canary in a folder of the test's own."""
    return Watch(CANARY, tmp_path / "watch")


def _secret(**changes: object) -> bytes:
    content = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "stringData": {"password": CANARY.value.decode()},
    }
    return json.dumps(content | changes).encode()


def _keys(folder: Path, *, now: datetime) -> tuple[str, str]:
    pair = new_sealing_key(now=now, size_bits=2048, days=30)
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_bytes(pair.certificate_pem)
    key.write_bytes(pair.private_pem.reveal())
    return str(certificate), str(key)


def test_sealing_and_unsealing_show_it_only_where_it_is_asked_for(
    watch: Watch, tmp_path: Path
) -> None:
    certificate, key = _keys(tmp_path, now=datetime.now(UTC))
    sealed = tmp_path / "sealed.yaml"

    done = watch.run(
        ["-m", "gitopskit", "seal", "--cert", certificate, "-w", str(sealed)], stdin=_secret()
    )
    opened = watch.run(
        ["-m", "gitopskit", "unseal", str(sealed), "--private-key", key], shows_value_on="stdout"
    )

    assert done.returncode == 0, done.stderr
    assert base64.b64encode(CANARY.value) in opened.stdout
    assert not CANARY.is_in(sealed.read_bytes())
    assert watch.leaks == []


@pytest.mark.parametrize(
    ("stdin", "code"),
    [
        (_secret(metadata={"namespace": "shop"}), 2),
        (_secret(kind="ConfigMap"), 2),
        (_secret(data={"other": "not base64: " + CANARY.value.decode()}), 2),
        (b"a: {b: [" + CANARY.value, 2),
        (b"stringData: {p: x}\nstringData: {p: " + base64.b64encode(CANARY.value) + b"}\n", 2),
        (_secret(stringData={CANARY.value.decode(): "x"}), 2),
    ],
    ids=["no name", "no Secret", "bad base64", "bad YAML", "duplicate key", "as a key"],
)
def test_a_refused_secret_is_not_quoted(
    watch: Watch, tmp_path: Path, stdin: bytes, code: int
) -> None:
    certificate, _ = _keys(tmp_path, now=datetime.now(UTC))

    done = watch.run(["-m", "gitopskit", "seal", "--cert", certificate], stdin=stdin)

    assert done.returncode == code, done.stderr
    assert watch.leaks == []


def test_an_expired_certificate_stops_before_the_value_shows(watch: Watch, tmp_path: Path) -> None:
    certificate, _ = _keys(tmp_path, now=_LONG_AGO)

    done = watch.run(["-m", "gitopskit", "seal", "--cert", certificate], stdin=_secret())

    assert done.returncode == 2
    assert b"expired" in done.stderr
    assert watch.leaks == []


def test_validation_reports_plaintext_without_repeating_it(watch: Watch, tmp_path: Path) -> None:
    files = tmp_path / "repository"
    files.mkdir()
    (files / "secret.json").write_bytes(_secret())
    (files / "encoded.json").write_bytes(
        _secret(data={"p": base64.b64encode(CANARY.value).decode()}, stringData=None)
    )
    (files / "typed.json").write_bytes(_secret(type=[CANARY.value.decode()], immutable="canary"))
    (files / "broken.yaml").write_bytes(b"password: '" + CANARY.value)

    done = watch.run(["-m", "gitopskit", "validate", str(files)])

    assert done.returncode in {1, 2}
    assert b"plaintext" in done.stdout + done.stderr
    assert watch.leaks == []


def test_an_overlay_that_does_not_build_is_not_quoted(watch: Watch, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text("resources: [secret.yaml]\n")
    (overlay / "secret.yaml").write_bytes(
        b"apiVersion: v1\nkind: Secret\nstringData:\n  p: [" + base64.b64encode(CANARY.value)
    )

    done = watch.run(["-m", "gitopskit", "render", str(overlay)])

    assert done.returncode == 2, done.stderr
    assert watch.leaks == []


def test_a_private_key_is_not_quoted_by_what_refuses_it(watch: Watch, tmp_path: Path) -> None:
    pair = new_sealing_key(now=datetime.now(UTC) + timedelta(days=1), size_bits=2048)
    damaged = tmp_path / "tls.key"
    lines = pair.private_pem.reveal().splitlines()
    damaged.write_bytes(b"\n".join([lines[0], *lines[2:]]))
    watch.canary = Canary(lines[5])

    done = watch.run(
        ["-m", "gitopskit", "unseal", "-", "--private-key", str(damaged)], stdin=_secret()
    )
    as_certificate = watch.run(["-m", "gitopskit", "seal", "--cert", str(damaged)], stdin=_secret())

    assert (done.returncode, as_certificate.returncode) == (2, 2)
    assert watch.leaks == []


_PLANTED = {
    "stdout": "print(value)",
    "stderr": "import sys; print(json.dumps(value), file=sys.stderr)",
    "traceback": "raise RuntimeError(value)",
    "temporary file": "pathlib.Path(os.environ['TMPDIR'], 'x').write_text(value)",
    "removed": ("p = pathlib.Path(os.environ['TMPDIR'], 'x'); p.write_text(value); p.unlink()"),
    "argv": "subprocess.run(['true', value])",
    "environment": "subprocess.run(['true'], env={'V': value, 'PATH': os.environ['PATH']})",
    "shim": "os.system('V=' + base64.b64encode(value.encode()).decode() + ' git --version')",
}


@pytest.mark.parametrize("channel", _PLANTED)
def test_a_planted_leak_is_seen(watch: Watch, tmp_path: Path, channel: str) -> None:
    hidden = tmp_path / "value"
    hidden.write_bytes(CANARY.value)
    program = (
        "import base64, json, os, pathlib, subprocess\n"
        f"value = pathlib.Path({str(hidden)!r}).read_text()\n{_PLANTED[channel]}\n"
    )

    watch.run(["-c", program])

    expected = "stderr" if channel == "traceback" else channel
    assert expected in {leak.channel for leak in watch.leaks}


@pytest.mark.parametrize("channel", ["event", "status"])
def test_a_planted_leak_in_an_object_is_seen(watch: Watch, channel: str) -> None:
    content = {"kind": "Event", "metadata": {"name": "e"}, "message": CANARY.value.decode()}

    watch.look_at_objects(channel, [content])

    assert watch.leaks == [Leak(channel, "Event/None/e")]

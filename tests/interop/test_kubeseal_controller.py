"""The real kubeseal against the controller of our tests: so the fake is held to what is true."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gitopskit.sealedfiles.texts import seal_text, unseal_text
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions
from gitopskit.sealing.unseal import Keyring
from tests.support.fake_controller import FakeController
from tests.support.sealing import BORN, private_key_of, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD, NEW = sealing_pair(0), sealing_pair(1)
SCOPES = pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
MANIFEST = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop, labels: {team: a}}
stringData: {password: hunter2}
"""


@pytest.fixture
def controller() -> Iterator[FakeController]:
    with FakeController([OLD, NEW]) as running:
        yield running


def _kubeseal(
    program: Path, controller: FakeController, *flags: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "--kubeconfig", controller.kubeconfig, *flags],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={},
    )


def _sealed(scope: Scope) -> str:
    certificate = read_certificate(OLD.certificate_pem, where="tls.crt", now=BORN)
    return seal_text(MANIFEST, path="-", options=SealOptions(certificate=certificate, scope=scope))


def test_kubeseal_fetches_the_newest_certificate(
    kubeseal: Path, controller: FakeController
) -> None:
    done = _kubeseal(kubeseal, controller, "--fetch-cert")

    assert (done.returncode, done.stdout) == (0, NEW.certificate_pem.decode())


def test_kubeseal_finds_a_service_under_another_name(
    kubeseal: Path, controller: FakeController
) -> None:
    controller.behaviour.name = "sealer"
    controller.behaviour.namespace = "sealing"
    controller.behaviour.port_name = ""
    flags = ("--controller-name", "sealer", "--controller-namespace", "sealing")

    done = _kubeseal(kubeseal, controller, "--fetch-cert", *flags)

    assert (done.returncode, done.stdout) == (0, NEW.certificate_pem.decode())


def test_kubeseal_names_a_missing_service(kubeseal: Path, controller: FakeController) -> None:
    controller.behaviour.is_missing = True

    done = _kubeseal(kubeseal, controller, "--fetch-cert")

    assert done.returncode == 1
    assert "cannot get sealed secret service" in done.stderr


@SCOPES
def test_kubeseal_validates_what_a_key_opens(
    kubeseal: Path, controller: FakeController, scope: Scope
) -> None:
    done = _kubeseal(kubeseal, controller, "--validate", stdin=_sealed(scope))

    assert (done.returncode, done.stderr) == (0, "")


def test_kubeseal_refuses_what_no_key_opens(kubeseal: Path, controller: FakeController) -> None:
    del controller.behaviour.pairs[0]

    done = _kubeseal(kubeseal, controller, "--validate", stdin=_sealed(Scope.STRICT))

    assert done.returncode == 1
    assert "unable to decrypt sealed secret: db" in done.stderr


@SCOPES
def test_kubeseal_re_encrypts_to_the_newest_key(
    kubeseal: Path, controller: FakeController, scope: Scope
) -> None:
    done = _kubeseal(kubeseal, controller, "--re-encrypt", "-o", "yaml", stdin=_sealed(scope))

    assert done.returncode == 0, done.stderr
    keyring = Keyring([private_key_of(NEW)])
    assert "aHVudGVyMg==" in unseal_text(done.stdout, path="-", keyring=keyring)


def test_kubeseal_loses_the_labels_of_a_template(
    kubeseal: Path, controller: FakeController
) -> None:
    sealed = _sealed(Scope.STRICT)

    done = _kubeseal(kubeseal, controller, "--re-encrypt", stdin=sealed)

    assert "team" in sealed
    assert done.returncode == 0
    assert "team" not in done.stdout


def test_kubeseal_gives_up_on_a_busy_controller(kubeseal: Path, controller: FakeController) -> None:
    controller.behaviour.busy_answers = 1000

    done = _kubeseal(kubeseal, controller, "--re-encrypt", stdin=_sealed(Scope.STRICT))

    assert done.returncode == 1
    assert "cannot re-encrypt secret" in done.stderr

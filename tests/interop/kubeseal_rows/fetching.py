"""--fetch-cert, and what is sealed to the certificate of a cluster: how a controller is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.interop.kubeseal_rows.certificates import expired_pair
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same, told
from tests.interop.kubeseal_rows.merging import sealed
from tests.support.kubeseal_calls import MANIFEST, Call, Content, Result
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from tests.support.fake_controller import FakeController

_MISSING: Final = (
    'cannot get sealed secret service: services "sealed-secrets-controller" not found.'
)
_NAMED: Final = "--controller-name sealer --controller-namespace sealing"


def ask(flags: str, stdin: Content = "", **more: Any) -> Call:  # noqa: ANN401 -- the fields of a Call
    """Return a call with a kubeconfig that leads to the controller."""
    variables = {"KUBECONFIG": "{kubeconfig}", **more.pop("variables", {})}
    return Call(flags=flags, stdin=stdin, has_certificate=False, variables=variables, **more)


def _is_missing(controller: FakeController) -> None:
    controller.behaviour.is_missing = True


def _is_elsewhere(controller: FakeController) -> None:
    controller.behaviour.name = "sealer"
    controller.behaviour.namespace = "sealing"


def _is_the_charts(controller: FakeController) -> None:
    controller.behaviour.name = "sealed-secrets"
    controller.behaviour.labels = {"app.kubernetes.io/name": "sealed-secrets"}


def _has_an_expired_key(controller: FakeController) -> None:
    controller.behaviour.pairs.append(expired_pair())


def _publishes_the_old_one(controller: FakeController) -> None:
    controller.publish(sealing_pair().certificate_pem)


def _has_no_endpoints(controller: FakeController) -> None:
    controller.behaviour.has_endpoints = False


def _forbids(controller: FakeController) -> None:
    controller.behaviour.forbids_proxy = True


def _certificate(result: Result) -> object:
    """Return whose certificate is printed, the error if there is none."""
    owners = {sealing_pair(0).certificate_pem: "old", sealing_pair(1).certificate_pem: "new"}
    return result.told if result.code else owners[result.stdout.encode()]


def _short(result: Result) -> object:
    """Return the error, of ours without the other way that was tried."""
    return result.told.partition(":")[0] if result.is_ours else result.told


SAME: Final = (
    Same("--fetch-cert", ask("--fetch-cert")),
    Same("--fetch-cert to a file", ask("--fetch-cert -w out.pem")),
    Same("--fetch-cert and a format", ask("--fetch-cert -o yaml")),
    Same(
        "--fetch-cert and --kubeconfig",
        Call(flags="--fetch-cert --kubeconfig {kubeconfig}", has_certificate=False),
    ),
    Same("--fetch-cert and --context", ask("--fetch-cert --context fake")),
    Same(
        "--fetch-cert and --cert", Call(flags="--fetch-cert --cert tls.crt", has_certificate=False)
    ),
    Same(
        "--fetch-cert and a URL",
        Call(flags="--fetch-cert --cert {web}/tls.crt", has_certificate=False),
    ),
    Same("a controller elsewhere", ask(f"--fetch-cert {_NAMED}", turn=_is_elsewhere)),
    Same(
        "a controller that variables name",
        ask(
            "--fetch-cert",
            turn=_is_elsewhere,
            variables={
                "SEALED_SECRETS_CONTROLLER_NAME": "sealer",
                "SEALED_SECRETS_CONTROLLER_NAMESPACE": "sealing",
            },
        ),
    ),
    Same("sealed to the cluster's certificate", ask("", MANIFEST)),
)

REFUSED: Final = (
    *(
        Refused(
            f"{flag} without a controller",
            ask(flag, sealed(), turn=_is_missing),
            _MISSING,
            "there is no sealed-secrets controller",
        )
        for flag in ("--validate", "--re-encrypt")
    ),
    Refused(
        "--fetch-cert with another name",
        ask("--fetch-cert --controller-name nobody"),
        'cannot get sealed secret service: services "nobody" not found.',
        "there is no sealed-secrets controller",
    ),
)

DIFFERS: Final = (
    *(
        Differs(
            "messages",
            f"--fetch-cert where {name}",
            ask("--fetch-cert", turn=turn),
            _short,
            theirs,
            ours,
        )
        for name, turn, theirs, ours in (
            (
                "there is no controller",
                _is_missing,
                _MISSING,
                "there is no sealing certificate to be had",
            ),
            (
                "nobody answers",
                _has_no_endpoints,
                (
                    "cannot fetch certificate: no endpoints available for service "
                    '"sealed-secrets-controller"'
                ),
                "there is no sealing certificate to be had",
            ),
            (
                "it is forbidden",
                _forbids,
                (
                    'cannot fetch certificate: services "http:sealed-secrets-controller:http" is '
                    'forbidden: cannot use resource "services/proxy"'
                ),
                "there is no sealing certificate to be had",
            ),
        )
    ),
    Differs(
        "service-by-label",
        "a controller under the chart's name",
        ask("--fetch-cert", turn=_is_the_charts),
        _certificate,
        _MISSING,
        "new",
    ),
    Differs(
        "published-certificate",
        "a certificate that the cluster publishes",
        ask("--fetch-cert", turn=_publishes_the_old_one),
        _certificate,
        "new",
        "old",
    ),
    Differs(
        "fetched-is-checked",
        "a controller whose certificate expired",
        ask("--fetch-cert", turn=_has_an_expired_key),
        told,
        "done",
        "the certificate expired at 2025-06-16T12:00:00Z",
    ),
)

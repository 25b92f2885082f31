"""--validate and --re-encrypt: what the controller opens, and what it seals to its newest key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.sealing.scope import Scope
from tests.interop.kubeseal_rows.documents import OTHER
from tests.interop.kubeseal_rows.fetching import ask
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same, first_line, told, values
from tests.interop.kubeseal_rows.merging import as_json, sealed, two
from tests.support.fake_api import Reply
from tests.support.kubeseal_calls import MANIFEST, Call, Result
from tests.support.kubeseal_results import documents
from tests.support.sealing import sealed_manifest, sealing_pair

if TYPE_CHECKING:
    from tests.support.fake_controller import FakeController

_FAILED: Final = (
    'an error on the server ("") has prevented the request from succeeding '
    "(post services http:sealed-secrets-controller:http)"
)
_BUSY: Final = (
    "the server has received too many requests and has asked us to try again later "
    "(post services http:sealed-secrets-controller:http)"
)
_NO_CLUSTER: Final = (
    "invalid configuration: no configuration has been provided, "
    "try setting KUBERNETES_MASTER environment variable"
)
_TEMPLATED: Final = sealed(
    before="# ours\n", more="  template: {metadata: {labels: {a: b}}, type: x/y, immutable: true}\n"
)


def _newer() -> str:
    return sealed_manifest({"old": "kept"}, pair=sealing_pair(1))


def _newer_and_old() -> str:
    return f"{_newer()}---\n{sealed()()}"


def _is_busy(controller: FakeController) -> None:
    controller.behaviour.busy_answers = 1000


def _lost_the_old_key(controller: FakeController) -> None:
    del controller.behaviour.pairs[0]


def _refuses_to_rotate(controller: FakeController) -> None:
    """Answer as kubeseal and the description of the interface expect, and no controller does."""
    answer = controller._controller

    def refuse(method: str, path: str, body: bytes) -> Reply:
        return Reply(status=409) if path == "/v1/rotate" else answer(method, path, body)

    controller._controller = refuse  # type: ignore[method-assign] # one answer of a fake


def _templates(result: Result) -> object:
    return [each.get("template", {}) for each in documents(result.files["in.yaml"])]


def _opened_by(result: Result) -> object:
    """Return the first line of the file, and the values in it."""
    text = result.files["in.yaml"].decode()
    return text.partition("\n")[0], [each["values"] for each in documents(text)]


SAME: Final = (
    Same("--validate", ask("--validate", sealed())),
    Same("--validate many", ask("--validate", two)),
    Same("--validate JSON", ask("--validate", as_json)),
    Same("--validate a file", ask("--validate -f in.yaml", files={"in.yaml": sealed()})),
    Same(
        "--validate, by a variable", ask("", sealed(), variables={"SEALED_SECRETS_VALIDATE": "1"})
    ),
    Same("--re-encrypt JSON", ask("--re-encrypt", as_json)),
    Same("--re-encrypt JSON to YAML", ask("--re-encrypt -o yaml", as_json)),
    Same("--re-encrypt YAML to JSON", ask("--re-encrypt -o json", sealed())),
    Same("--re-encrypt many to JSON", ask("--re-encrypt -o json", two)),
    *(
        Same(
            f"--re-encrypt what is {scope.value}",
            ask("--re-encrypt -o json", sealed(scope=scope)),
        )
        for scope in Scope
    ),
    Same(
        "--re-encrypt a file",
        ask("--re-encrypt -f in.yaml", files={"in.yaml": sealed(before="---\n")}),
    ),
    Same(
        "--re-encrypt a file that is called YAML",
        ask("--re-encrypt -f in.yaml -o json", files={"in.yaml": sealed(before="---\n")}),
    ),
    Same(
        "--re-encrypt a file to another",
        ask("--re-encrypt -f in.yaml -w out.yaml", files={"in.yaml": sealed(before="---\n")}),
    ),
    Same(
        "--re-encrypt a file to JSON",
        ask("--re-encrypt -f in.yaml -w out.json", files={"in.yaml": sealed()}),
    ),
    Same("--re-encrypt to a file of JSON", ask("--re-encrypt -w out.json", sealed())),
    Same("--re-encrypt what is on the newest key", ask("--re-encrypt -o json", _newer)),
)

REFUSED: Final = (
    Refused(
        "--validate what does not open",
        ask("--validate", sealed(), turn=_lost_the_old_key),
        "unable to decrypt sealed secret: db",
        "unable to decrypt sealed secret: db",
        code=4,
    ),
    Refused(
        "--validate a second that does not open",
        ask("--validate", _newer_and_old, turn=_lost_the_old_key),
        "unable to decrypt sealed secret: db",
        "unable to decrypt sealed secret: db",
        code=4,
    ),
    Refused(
        "--validate what was moved",
        ask("--validate", lambda: sealed()().replace("name: db", "name: moved")),
        "unable to decrypt sealed secret: moved",
        "unable to decrypt sealed secret: moved",
        code=4,
    ),
    Refused(
        "--validate a Secret",
        ask("--validate", MANIFEST),
        f"cannot validate sealed secret: {_FAILED}",
        "there is no SealedSecret in the input",
    ),
    Refused(
        "--validate, busy",
        ask("--validate", sealed(), turn=_is_busy),
        f"cannot validate sealed secret: {_BUSY}",
        "the controller did not verify the SealedSecret: it answered with HTTP status 429",
        code=3,
    ),
    Refused(
        "--re-encrypt what does not open",
        ask("--re-encrypt", sealed(), turn=_lost_the_old_key),
        f"cannot re-encrypt secret: {_FAILED}",
        "unable to rotate secret",
        code=4,
    ),
    Refused(
        "--re-encrypt a file with a second that does not open",
        ask("--re-encrypt -f in.yaml", files={"in.yaml": _newer_and_old}, turn=_lost_the_old_key),
        f"cannot re-encrypt secret: {_FAILED}",
        "unable to rotate secret",
        code=4,
    ),
    Refused(
        "--re-encrypt what a controller refuses",
        ask("--re-encrypt", sealed(), turn=_refuses_to_rotate),
        "unable to rotate secret",
        "unable to rotate secret",
        code=4,
    ),
    Refused(
        "--re-encrypt a Secret",
        ask("--re-encrypt", MANIFEST),
        f"cannot re-encrypt secret: {_FAILED}",
        "there is no SealedSecret in the input",
    ),
    Refused(
        "--re-encrypt, busy",
        ask("--re-encrypt", sealed(), turn=_is_busy),
        f"cannot re-encrypt secret: {_BUSY}",
        "the controller did not seal the SealedSecret again: it answered with HTTP status 429",
        code=3,
    ),
    *(
        Refused(
            f"{flag} without a kubeconfig",
            Call(flags=flag, stdin=sealed(), has_certificate=False),
            _NO_CLUSTER,
            "there is no kubeconfig",
            code=3,
        )
        for flag in ("--validate", "--re-encrypt", "--fetch-cert")
    ),
)

DIFFERS: Final = (
    *(
        Differs(
            "empty-input",
            f"{flag} of {name}",
            ask(flag, text),
            told,
            "done",
            ours,
        )
        for flag in ("--validate", "--re-encrypt")
        for name, text, ours in (
            ("nothing", "", "there is no SealedSecret in the input"),
            ("a word", "hello", "there is no SealedSecret in the input"),
            (
                "what is no YAML",
                "kind: [",
                "while parsing a flow node, did not find expected node content",
            ),
        )
    ),
    Differs(
        "other-documents",
        "--validate of a SealedSecret and a Secret",
        ask("--validate", lambda: f"{sealed()()}---\n{OTHER}"),
        told,
        f"cannot validate sealed secret: {_FAILED}",
        "done",
    ),
    Differs(
        "other-documents",
        "--re-encrypt of a SealedSecret and a Secret",
        ask("--re-encrypt", lambda: f"{sealed()()}---\n{OTHER}"),
        told,
        f"cannot re-encrypt secret: {_FAILED}",
        "done",
    ),
    Differs(
        "re-encrypt-lossless",
        "--re-encrypt of labels in a template",
        ask("--re-encrypt -f in.yaml", files={"in.yaml": _TEMPLATED}),
        _templates,
        [{"immutable": True, "type": "x/y"}],
        [{"immutable": True, "metadata": {"labels": {"a": "b"}}, "type": "x/y"}],
    ),
    *(
        Differs(
            "re-encrypt-lossless",
            f"--re-encrypt of a comment{name}",
            ask(f"--re-encrypt -f in.yaml{flags}", files={"in.yaml": _TEMPLATED}),
            _opened_by,
            ("---", [{"old": "kept"}]),
            ("# ours", [{"old": "kept"}]),
        )
        for name, flags in {"": "", " to YAML": " -o yaml"}.items()
    ),
    Differs(
        "re-encrypt-lossless",
        "--re-encrypt of a label of its own",
        ask(
            "--re-encrypt -o json",
            lambda: sealed()().replace("metadata:", "metadata:\n  labels: {a: b}"),
        ),
        lambda result: [each["metadata"] for each in documents(result.stdout)],
        [{"name": "db", "namespace": "shop"}],
        [{"labels": {"a": "b"}, "name": "db", "namespace": "shop"}],
    ),
    Differs(
        "re-encrypt-format",
        "--re-encrypt of YAML",
        ask("--re-encrypt", sealed()),
        first_line,
        "{",
        "apiVersion: bitnami.com/v1alpha1",
    ),
    Differs(
        "rotate-notice",
        "--rotate",
        ask("--rotate", as_json),
        lambda result: result.stdout.count("Flag --rotate has been deprecated"),
        1,
        0,
    ),
    Differs(
        "one-thing",
        "--validate and --re-encrypt",
        ask("--validate --re-encrypt", sealed()),
        told,
        "done",
        "--validate and --re-encrypt are two different things",
    ),
    Differs(
        "one-thing",
        "--fetch-cert and --re-encrypt",
        ask("--fetch-cert --re-encrypt", sealed()),
        values,
        [{"old": "kept"}],
        "--fetch-cert and --re-encrypt are two different things",
    ),
    Differs(
        "one-thing",
        "--validate and a file to write",
        ask("--validate -w out.yaml", sealed()),
        lambda result: result.files.get("out.yaml"),
        b"",
        None,
    ),
)

from __future__ import annotations

import base64

import pytest

from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.findings import Finding
from gitopskit.manifests.secrets import find_plaintext
from gitopskit.manifests.write import dump_documents

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlc2lnbmF0dXJl"


def _find(text: str) -> tuple[Finding, ...]:
    return tuple(found for each in read_documents(text, path="f") for found in find_plaintext(each))


def _container(env: str) -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        f"    spec:\n      containers:\n      - name: web\n        env:\n        - {env}\n"
    )


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_secret_with_data_is_found(field: str) -> None:
    text = (
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n{field}:\n  password: aHVudGVyMg==\n"
    )

    found = _find(text)

    assert found == (
        Finding(
            path="f",
            line=5,
            column=1,
            rule="plaintext-secret",
            message=f'Secret "db" holds plaintext in {field}',
            hint="run `gitopskit seal f --in-place`",
            subject="Secret/db",
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", id="Secret without data"
        ),
        pytest.param("apiVersion: v1\nkind: Secret\ndata: {}\nstringData:\n", id="empty data"),
        pytest.param("apiVersion: v1\nkind: Secret\ndata: {a: ''}\n", id="empty value"),
        pytest.param("apiVersion: v1\nkind: Secret\ndata: [5]\n", id="no mapping"),
        pytest.param("apiVersion: x/v1\nkind: Secret\ndata: {a: b}\n", id="another kind of Secret"),
        pytest.param(
            "apiVersion: v1\nkind: Secret\nstringData: {a: 'ENC[AES256_GCM,data:x]'}\n",
            id="encrypted with SOPS",
        ),
        pytest.param(
            f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
            f"spec:\n  encryptedData: {{a: {JWT}}}\n",
            id="SealedSecret",
        ),
        pytest.param(
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec:\n"
            "  data: [{secretKey: password, remoteRef: {key: db/password}}]\n",
            id="ExternalSecret",
        ),
        pytest.param(
            _container("{name: DB_PASSWORD, valueFrom: {secretKeyRef: {}}}"), id="reference"
        ),
        pytest.param(_container("{name: DB_PASSWORD, value: $(OTHER)}"), id="another variable"),
        pytest.param(_container("{name: DB_PASSWORD, value: '{{ x }}'}"), id="template"),
        pytest.param(_container("{name: DB_PASSWORD, value: ''}"), id="empty variable"),
        pytest.param(_container("{name: TOKEN, value: /var/run/secrets/x}"), id="path of a token"),
        pytest.param(_container("{name: TOKEN, value: 'true'}"), id="switch"),
        pytest.param(_container("{name: PASSWORD_MIN_LENGTH, value: '12'}"), id="length"),
        pytest.param(
            _container("{name: SECRET_NAME, value: db-credentials}"), id="name of a Secret"
        ),
        pytest.param(_container("{name: TOKEN_TTL, value: 10m}"), id="lifetime"),
        pytest.param(
            _container("{name: URL, value: 'postgres://u:$(PW)@h/db'}"), id="URL of parts"
        ),
        pytest.param(
            _container("{name: URL, value: 'https://host:8080/a@b'}"), id="URL with a port"
        ),
        pytest.param(_container("{name: KEY, value: 5}"), id="number"),
        pytest.param("kind: ConfigMap\ndata: {password: '${DB_PASSWORD}'}\n", id="placeholder"),
        pytest.param(
            "kind: ConfigMap\ndata: {tls.crt: '-----BEGIN CERTIFICATE-----'}\n", id="certificate"
        ),
        pytest.param("kind: ConfigMap\ndata:\n", id="ConfigMap without data"),
        pytest.param(
            "digest: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n",
            id="digest",
        ),
        pytest.param("blob: QUJDREVGR0hJSktMTU5PU\n", id="almost base64"),
    ],
)
def test_what_is_no_plaintext_is_not_found(text: str) -> None:
    assert _find(text) == ()


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "password",
        "PASSWD",
        "api-key",
        "API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "TOKEN",
        "github.token",
        "SECRET_KEY_BASE",
        "CLIENT_SECRET",
        "SSH_PASSPHRASE",
        "DB_CREDENTIALS",
    ],
)
def test_variables_named_like_passwords_are_found(name: str) -> None:
    (found,) = _find(_container(f"{{name: {name}, value: hunter2}}"))

    assert found.message == f"the environment variable {name} holds a secret in plain text"
    assert (found.line, found.column) == (10, 20 + len(name))
    assert "hunter2" not in repr(found)


def test_keys_of_a_config_map_named_like_passwords_are_found() -> None:
    (found,) = _find("kind: ConfigMap\ndata:\n  host: db\n  db.password: hunter2\n")

    assert found.message == 'the key "db.password" of a ConfigMap holds a secret in plain text'
    assert (found.line, found.column) == (4, 3)


SHAPES = {
    "private key": KEY,
    "age key": "AGE-SECRET-KEY-1" + "Q" * 58,
    "aws key": "AKIA" + "ABCDEFGH12345678",
    "github token": "ghp_" + "a" * 36,
    "gitlab token": "glpat-" + "a" * 20,
    "slack token": "xoxb-" + "1" * 12,
    "stripe key": "sk_live_" + "a" * 24,
    "google key": "AIza" + "a" * 35,
    "npm token": "npm_" + "a" * 36,
    "vault token": "hvs." + "a" * 24,
    "json web token": JWT,
    "azure account key": "AccountKey=" + "a" * 44,
    "password in a URL": "postgres://user:hunter2@db.example.com/app",
}


@pytest.mark.parametrize(("shape", "text"), SHAPES.items(), ids=SHAPES.keys())
@pytest.mark.parametrize("is_encoded", [False, True], ids=["written", "in base64"])
def test_keys_and_tokens_are_found_anywhere(shape: str, text: str, *, is_encoded: bool) -> None:
    value = base64.encodebytes(text.encode()).decode() if is_encoded else text
    content = {"kind": "ConfigMap", "data": {"config": value}}

    (found,) = _find(dump_documents([content]))

    assert found.message == f"this holds a secret: {shape}"
    assert (found.line, found.column) == (3, 3)
    assert text not in repr(found)


def test_a_secret_that_kubectl_left_in_an_annotation_is_found() -> None:
    text = (
        "kind: Secret\nmetadata:\n  annotations:\n"
        "    kubectl.kubernetes.io/last-applied-configuration:"
        ' \'{"kind":"Secret","data":{"a":"aHVudGVyMg=="}}\'\n'
    )

    (found,) = _find(text)

    assert found.message == "an annotation holds a whole Secret"


def test_only_the_variable_with_the_secret_is_found() -> None:
    env = "{name: HOST, value: db}\n        - {name: PASSWORD, value: hunter2}"

    (found,) = _find(_container(env))

    assert found.line == 11


def test_a_secret_is_found_once_though_its_data_is_a_key_too() -> None:
    content = {"apiVersion": "v1", "kind": "Secret", "stringData": {"tls.key": KEY}}

    found = _find(
        dump_documents([{**content, "metadata": {"labels": {"note": SHAPES["npm token"]}}}])
    )

    assert [each.message for each in found] == [
        'Secret "" holds plaintext in stringData',
        "this holds a secret: npm token",
    ]

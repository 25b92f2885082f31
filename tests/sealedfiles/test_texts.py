"""Whole texts: what goes in, what comes out, and what is refused where."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitopskit.errors import InputError, MalformedDocument, Undecryptable
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.write import dump_documents, dump_json
from gitopskit.sealedfiles.texts import TextFormat, format_of, seal_text, unseal_text
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.seal import SealOptions
from gitopskit.sealing.unseal import Keyring
from tests.support.sealing import BORN, private_key_of, sealing_pair

_TWO = """\
# two of them
apiVersion: v1
kind: Secret
metadata: {name: one, namespace: shop}
stringData: {password: "first"}
---
---
apiVersion: v1
kind: Secret
metadata: {name: two, namespace: shop}
data: {password: c2Vjb25k}
"""


@pytest.fixture(scope="module")
def options() -> SealOptions:
    pem = sealing_pair().certificate_pem
    return SealOptions(certificate=read_certificate(pem, where="tls.crt", now=BORN))


@pytest.fixture(scope="module")
def keyring() -> Keyring:
    return Keyring([private_key_of(sealing_pair())])


def _names(text: str) -> list[str]:
    return [manifest.name for manifest in read_documents(text, path="out")]


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_all_documents_are_sealed_in_order(
    options: SealOptions, keyring: Keyring, output: TextFormat
) -> None:
    sealed = seal_text(_TWO, path="a.yaml", options=options, output=output)

    assert _names(sealed) == ["one", "two"]
    assert sealed.startswith("{" if output == "json" else "apiVersion: bitnami.com/v1alpha1\n")
    opened = unseal_text(sealed, path="-", keyring=keyring, output="json")
    data = [manifest.content["data"] for manifest in read_documents(opened, path="-")]
    assert data == [{"password": "Zmlyc3Q="}, {"password": "c2Vjb25k"}]


def test_json_and_lists_are_read(options: SealOptions) -> None:
    secrets = [manifest.content for manifest in read_documents(_TWO, path="-")]
    stream = "".join(json.dumps(secret) for secret in secrets)
    a_list = json.dumps({"apiVersion": "v1", "kind": "List", "items": secrets})

    for text in (stream, a_list):
        assert _names(seal_text(text, path="-", options=options)) == ["one", "two"]


def test_the_place_of_what_cannot_be_sealed_is_named(options: SealOptions) -> None:
    text = _TWO.replace("name: two, ", "")

    with pytest.raises(InputError) as caught:
        seal_text(text, path="apps/db.yaml", options=options)

    assert str(caught.value) == "missing metadata.name in input Secret - apps/db.yaml:8:1"


def test_the_place_of_what_does_not_open_is_named(options: SealOptions) -> None:
    sealed = seal_text(_TWO, path="-", options=options)
    stranger = Keyring([private_key_of(sealing_pair(1))])

    with pytest.raises(Undecryptable, match=r"no key opens `password`: it .* - sealed\.yaml:11:5$"):
        unseal_text(sealed, path="sealed.yaml", keyring=stranger)


def test_the_first_of_several_closed_items_is_explained(options: SealOptions) -> None:
    text = _TWO.replace("password:", "user: YW5u, password:")
    sealed = seal_text(text, path="-", options=options).replace("namespace: shop", "namespace: bar")
    keyring = Keyring([private_key_of(sealing_pair())])

    with pytest.raises(Undecryptable) as caught:
        unseal_text(sealed, path="sealed.yaml", keyring=keyring)

    assert caught.value.what.startswith("no key opens `password`: it ")
    assert caught.value.what.endswith("; nor `user`")


def test_an_item_that_is_no_base64_is_named_at_its_own_place(options: SealOptions) -> None:
    sealed = seal_text(_TWO, path="-", options=options)
    broken = re.sub(r"password: \S+", "password: '%'", sealed, count=1)

    with pytest.raises(InputError) as caught:
        unseal_text(broken, path="sealed.yaml", keyring=Keyring(()))

    assert str(caught.value) == "`spec.encryptedData.password` is not base64 - sealed.yaml:11:5"


def test_templated_items_are_rendered_when_they_are_opened(
    options: SealOptions, keyring: Keyring
) -> None:
    one = _TWO.partition("---")[0]
    sealed = seal_text(one, path="-", options=options, output="json")
    (manifest,) = read_documents(sealed, path="-")
    manifest.content["spec"]["template"] = {"data": {"line": "{{ .password | upper }}!"}}

    opened = unseal_text(dump_json(manifest.content), path="-", keyring=keyring)

    (secret,) = read_documents(opened, path="-")
    assert secret.content["data"] == {"password": "Zmlyc3Q=", "line": "RklSU1Qh"}


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n"], ids=["empty", "mark", "comment"])
def test_nothing_to_do_is_an_error(options: SealOptions, keyring: Keyring, text: str) -> None:
    with pytest.raises(InputError, match=r"there is no Secret in the input - a\.yaml"):
        seal_text(text, path="a.yaml", options=options)
    with pytest.raises(InputError, match="there is no SealedSecret in the input"):
        unseal_text(text, path="a.yaml", keyring=keyring)


def test_malformed_text_is_refused_with_its_place(options: SealOptions) -> None:
    with pytest.raises(MalformedDocument) as caught:
        seal_text("kind: Secret\nkind: Secret\n", path="a.yaml", options=options)

    assert caught.value.where == "a.yaml:2:1"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b.yaml", "yaml"),
        ("b.YML", "yaml"),
        ("b.json", "json"),
        ("-", None),
        ("yaml", None),
    ],
)
def test_a_name_promises_a_format(path: str, expected: str | None) -> None:
    assert format_of(path) == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(), min_size=1),
    is_json=st.booleans(),
)
def test_any_value_survives_both_formats(
    options: SealOptions,
    keyring: Keyring,
    data: dict[str, str],
    is_json: bool,  # noqa: FBT001 -- drawn by hypothesis
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "one", "namespace": "shop"},
        "stringData": data,
    }
    text = dump_json(secret) if is_json else dump_documents([secret])

    sealed = seal_text(text, path="-", options=options, output="json" if is_json else "yaml")
    opened = unseal_text(sealed, path="-", keyring=keyring)
    again = seal_text(opened, path="-", options=options)

    assert unseal_text(again, path="-", keyring=keyring) == opened

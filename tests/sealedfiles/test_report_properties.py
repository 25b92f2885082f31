"""Whatever a file holds, a report about it has findings and no bug."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import GitopskitError
from gitopskit.sealedfiles.key_inspection import inspect_keys
from gitopskit.sealedfiles.reading import read_sealed
from gitopskit.sealedfiles.stored_certificates import NamedCertificate
from gitopskit.sealedfiles.usage import count_keys, uses_in
from gitopskit.sealedfiles.verify import subject_of, verify_manifests
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION
from tests.support.sealed_manifests import certificate_of, keyring_of, sealed_content
from tests.support.sealing import BORN, sealing_pair

_ENVELOPE = sealed_content(items={"a": "1"})["spec"]["encryptedData"]["a"]
_NAMED = NamedCertificate(name="prod", path="p.pem", certificate=certificate_of(1))

_scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def _mapping(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mappings with some of these fields, as they should be or anything else."""
    loose = {name.replace("_", ""): field | _values for name, field in fields.items()}
    return st.fixed_dictionaries({}, optional=loose)


_annotations = st.dictionaries(
    st.sampled_from(
        [CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, "gitopskit.io/sealing-keys"]
    ),
    st.sampled_from(["true", "false"]) | _values,
)
_metadata = _mapping(
    name=st.just("db"), namespace=st.just("shop"), annotations=_annotations, labels=_annotations
)
_items = st.dictionaries(
    st.sampled_from(["a", "b.c", "..d", "not a key"]) | st.text(max_size=8),
    st.sampled_from([_ENVELOPE, _ENVELOPE[:40], "AQA=", ""]) | _values,
    max_size=4,
)
_sealed = _mapping(
    apiVersion=st.just("bitnami.com/v1alpha1"),
    metadata=_metadata,
    spec=_mapping(encryptedData=_items, template=_mapping(metadata=_metadata), data=_values),
).map(lambda content: {**content, "kind": "SealedSecret"})


@given(st.lists(_sealed | _values, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_sealed_secret_is_verified_to_the_end(contents: list[Any]) -> None:
    data = "\n".join(map(json.dumps, contents)).encode()
    keyring = keyring_of(0)

    reading = read_sealed(data, path="x.json")
    subjects = [subject_of(part, expected=(_NAMED,), keyring=keyring) for part in reading.parts]
    findings = verify_manifests(subjects, certificates=(_NAMED,), keyring=keyring)

    assert all(finding.message for finding in (*reading.findings, *findings))
    uses = uses_in(reading.parts)
    assert sum(count.items for count in count_keys(uses, now=BORN)) == len(uses)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_to_a_finding_or_to_nothing(data: bytes) -> None:
    reading = read_sealed(b"kind: SealedSecret\n" + data, path="x.yaml")

    assert reading.findings or reading.documents in (0, len(reading.parts))


_PRIVATE = sealing_pair().private_pem.reveal()
_section = _mapping(
    **{
        "tls.crt": st.sampled_from(["AA==", sealing_pair().certificate_pem.decode()]),
        "tls.key": st.sampled_from(
            ["AA==", base64.b64encode(_PRIVATE).decode(), _PRIVATE.decode()]
        ),
    }
)
_key_objects = _mapping(
    kind=st.sampled_from(["Secret", "ConfigMap"]),
    metadata=_metadata,
    data=_section,
    stringData=_section,
)


@given(_key_objects | _values)
@settings(max_examples=100, deadline=None)
def test_any_object_is_inspected_or_refused(content: Any) -> None:  # noqa: ANN401 -- any decoded JSON
    with contextlib.suppress(GitopskitError):
        assert inspect_keys(json.dumps(content).encode(), where="x.json")

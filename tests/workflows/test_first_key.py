"""Which sealing key a cluster gets first, where hybrid keys are about."""

from __future__ import annotations

import pytest

from gitopskit.errors import InputError
from gitopskit.sealing.certificates import without_hybrid
from gitopskit.sealing.keys import load_certificate
from gitopskit.workflows.first_key import FirstKey, pair_to_install
from tests.support.hybrid import hybrid_pair
from tests.support.sealing import BORN, sealing_pair


def test_a_hybrid_key_is_none_to_begin_with() -> None:
    first = FirstKey(
        environment="prod",
        private_pem=hybrid_pair().private_pem,
        committed_certificate=sealing_pair().certificate_pem,
    )

    with pytest.raises(InputError, match="the sealing key given is a hybrid key") as error:
        pair_to_install(first, b"", now=BORN)

    assert "gitopskit.io/sealing-key" in error.value.hint


def test_a_committed_hybrid_key_alone_leaves_room_for_a_new_rsa_key() -> None:
    committed = without_hybrid(hybrid_pair().certificate_pem)

    pair = pair_to_install(
        FirstKey(environment="prod", committed_certificate=committed), b"", now=BORN
    )

    assert pair is not None
    assert not load_certificate(pair.certificate_pem, where="tls.crt").is_hybrid

"""Which sealing certificate is meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault, InputError, UnusableKey
from gitopskit.repository.certificates import (
    StoredCertificate,
    read_certificate_of,
    write_certificate_of,
)
from gitopskit.repository.layout import CONFIG_FILE, Repository, certificate_file
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable


def test_what_is_written_is_read(repository: Repository) -> None:
    path = write_certificate_of(repository, "prod", b"pem")

    assert path == repository.path(certificate_file("prod"))
    assert read_certificate_of(repository, "prod") == StoredCertificate(
        environment="prod", path=path, pem=b"pem"
    )


def test_the_only_certificate_is_taken_where_none_is_named(repository: Repository) -> None:
    write_certificate_of(repository, "staging", b"pem")

    assert read_certificate_of(repository).environment == "staging"


def test_several_certificates_need_a_choice(repository: Repository) -> None:
    write_certificate_of(repository, "staging", b"one")
    write_certificate_of(repository, "prod", b"two")

    with pytest.raises(InputError, match="several environments") as caught:
        read_certificate_of(repository)

    assert caught.value.hint == "choose one with `--env NAME`: staging, prod"


def test_no_certificate_at_all_is_told_with_what_to_run(repository: Repository) -> None:
    with pytest.raises(InputError, match="no sealing certificate") as caught:
        read_certificate_of(repository)

    assert "gitopskit keys fetch --env NAME" in caught.value.hint


def test_the_only_environment_is_named_where_its_certificate_is_missing(
    repository: Repository,
) -> None:
    config = repository.path(CONFIG_FILE)
    config.write_text(config.read_text().replace("    - name: staging\n", ""))

    with pytest.raises(InputError, match="no certificate for the environment 'prod'") as caught:
        read_certificate_of(repository)

    assert caught.value.hint == "run `gitopskit keys fetch --env prod`"


def test_an_unknown_environment_gets_no_certificate(repository: Repository) -> None:
    with pytest.raises(InputError, match="no environment 'qa'"):
        write_certificate_of(repository, "qa", b"pem")


def test_a_folder_that_cannot_be_made_is_told(repository: Repository) -> None:
    repository.path(certificate_file("prod")).parent.write_text("a file is in the way")

    with pytest.raises(EnvironmentFault, match="cannot write the certificate"):
        write_certificate_of(repository, "prod", b"pem")


@pytest.mark.parametrize(
    "text",
    [
        sealing_pair().private_pem.reveal() + sealing_pair().certificate_pem,
        sealing_pair().certificate_pem + sealing_pair().private_pem.reveal(),
        sealing_pair().private_pem.reveal(),
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        b"tls.key: |\r\n  -----BEGIN PRIVATE KEY-----\r\n",
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
    ],
    ids=["before", "behind", "alone", "encrypted and cut off", "indented", "of PGP"],
)
def test_a_private_key_in_the_repository_is_refused(repository: Repository, text: bytes) -> None:
    path = write_certificate_of(repository, "prod", text)

    with pytest.raises(UnusableKey) as caught:
        read_certificate_of(repository, "prod")

    assert str(caught.value) == (
        f"the file holds a private key, which must not lie in a repository - {path}"
    )
    assert "`gitopskit keys new`, seal every value anew, and change the values" in caught.value.hint


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")],
    ids=["pipe", "folder", "link to a device"],
)
def test_what_is_no_regular_file_is_refused_at_once(
    repository: Repository, make: Callable[[Path], None]
) -> None:
    path = repository.path(certificate_file("prod"))
    path.parent.mkdir()
    make(path)

    with pytest.raises(UnusableKey, match="this is no regular file") as caught:
        read_certificate_of(repository, "prod")

    assert caught.value.hint == "run `gitopskit keys fetch --env prod`"


def test_a_file_larger_than_a_mebibyte_is_refused(repository: Repository) -> None:
    write_certificate_of(repository, "prod", b"x" * (1024 * 1024 + 1))

    with pytest.raises(UnusableKey, match="larger than 1 MiB"):
        read_certificate_of(repository, "prod")

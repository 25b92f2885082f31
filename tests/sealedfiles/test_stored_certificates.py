"""The certificates of a repository: which are expected where, and what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gitopskit.errors import InputError
from gitopskit.repository.layout import Repository
from gitopskit.sealedfiles.certificate_list import check, rows_of
from gitopskit.sealedfiles.stored_certificates import (
    ExpectedCertificates,
    NamedCertificate,
    check_validity,
    read_stored,
)
from gitopskit.sealing.certificates import Certificates
from tests.support.hybrid import UNTIL, hybrid_certificate, hybrid_pair
from tests.support.sealed_manifests import certificate_of, fingerprint_of
from tests.support.sealing import BORN, sealing_pair

_END = certificate_of().not_after_utc
_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: dev}, {name: staging}, {name: prod}]
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with certificates of staging (key 0) and prod (key 1), and none of dev."""
    certificates = tmp_path / ".gitopskit" / "certs"
    certificates.mkdir(parents=True)
    (tmp_path / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    for number, environment in enumerate(("staging", "prod")):
        pem = sealing_pair(number).certificate_pem
        (certificates / f"{environment}.pem").write_bytes(pem)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _names(path: str | Path) -> list[str]:
    return [each.name for each in ExpectedCertificates().of_file(Path(path))]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("clusters/prod/apps/shop/db.yaml", ["prod"]),
        ("clusters/prod/db.yaml", ["prod"]),
        ("clusters/prod/../staging/db.yaml", ["staging"]),
        ("clusters/elsewhere/db.yaml", ["staging", "prod"]),
        ("apps/shop/db.yaml", ["staging", "prod"]),
        ("-", ["staging", "prod"]),
    ],
    ids=["overlay", "environment", "dots", "unknown environment", "shared", "stdin"],
)
@pytest.mark.usefixtures("root")
def test_a_files_folder_tells_which_certificates_are_expected(path: str, names: list[str]) -> None:
    assert _names(path) == names


def test_the_working_folder_counts_for_relative_paths(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "clusters" / "prod").mkdir(parents=True)
    monkeypatch.chdir(root / "clusters" / "prod")

    assert _names("db.yaml") == ["prod"]


def test_outside_a_repository_nothing_is_expected(tmp_path: Path) -> None:
    assert _names(tmp_path / "db.yaml") == []


@pytest.mark.usefixtures("root")
def test_an_environment_without_a_certificate_is_told_once() -> None:
    expected = ExpectedCertificates()

    found = [expected.of_file(Path(f"clusters/dev/{name}/db.yaml")) for name in "ab"]

    assert found == [(), ()]
    (finding,) = expected.findings
    assert (finding.path, finding.severity) == (".gitopskit/certs/dev.pem", "info")
    assert finding.hint == "run `gitopskit keys fetch --env dev`"


def test_an_unusable_certificate_is_an_error_and_no_missing_one(root: Path) -> None:
    (root / ".gitopskit" / "certs" / "prod.pem").write_text("nothing")
    expected = ExpectedCertificates()

    assert expected.of_file(Path("clusters/prod/x/db.yaml")) == ()

    (finding,) = expected.findings
    assert (finding.path, finding.severity) == (".gitopskit/certs/prod.pem", "error")
    assert finding.message == "this is no PEM certificate"


def test_a_private_key_beside_a_certificate_is_told_with_what_to_do(root: Path) -> None:
    pair, prod = sealing_pair(), root / ".gitopskit" / "certs" / "prod.pem"
    prod.write_bytes(pair.private_pem.reveal() + pair.certificate_pem)

    stored = read_stored(Repository(root))

    assert [each.name for each in stored.certificates] == ["staging"]
    (finding,) = stored.findings
    assert (finding.path, finding.severity) == (".gitopskit/certs/prod.pem", "error")
    assert finding.message == "the file holds a private key, which must not lie in a repository"
    assert finding.hint.startswith("make a new key with `gitopskit keys new`")


def test_a_broken_configuration_is_raised(root: Path) -> None:
    (root / ".gitopskit" / "config.yaml").write_text("kind: Nothing")

    with pytest.raises(InputError):
        _names("clusters/prod/x/db.yaml")


@pytest.mark.parametrize(
    ("before_end", "severity", "words"),
    [
        (timedelta(days=30, seconds=1), None, ""),
        (timedelta(days=30), "warning", "the certificate expires in 30 days, at 2036-05-29T12"),
        (timedelta(0), "warning", "the certificate expires in 0 days"),
        (timedelta(seconds=-1), "error", "the certificate expired at 2036-05-29T12:00:00Z"),
    ],
    ids=["more than 30 days", "30 days", "today", "over"],
)
def test_the_end_of_a_certificate_is_told_30_days_before(
    before_end: timedelta, severity: str | None, words: str
) -> None:
    named = NamedCertificate(name="prod", path="prod.pem", certificate=certificate_of())

    finding = check_validity(named, now=_END - before_end)

    assert (finding.severity if finding else None) == severity
    assert words in (finding.message if finding else "")


def test_a_list_has_a_row_for_each_environment(root: Path) -> None:
    stored = read_stored(Repository(root))

    rows = rows_of(
        stored, {"prod": Certificates(rsa=certificate_of(0))}, now=BORN + timedelta(days=3)
    )

    assert [(row.environment, row.age_days, row.is_live) for row in rows] == [
        ("dev", None, None),
        ("staging", 3, None),
        ("prod", 3, False),
    ]
    assert rows[2].structured() == {
        "environment": "prod",
        "kind": "rsa",
        "fingerprint": fingerprint_of(1),
        "not_before_utc": "2026-06-01T12:00:00Z",
        "not_after_utc": "2036-05-29T12:00:00Z",
        "age_days": 3,
        "live_fingerprint": fingerprint_of(0),
        "is_live": False,
    }


def _with_hybrid(root: Path, environment: str) -> None:
    path = root / ".gitopskit" / "certs" / f"{environment}.pem"
    path.write_bytes(path.read_bytes() + hybrid_pair().certificate_pem)


def test_a_hybrid_key_beside_a_certificate_has_a_row_of_its_own(root: Path) -> None:
    _with_hybrid(root, "prod")
    live = {"prod": Certificates(rsa=certificate_of(1), hybrid=hybrid_certificate())}

    stored = read_stored(Repository(root))

    rows = rows_of(stored, live, now=BORN)
    assert [(row.environment, row.kind, row.is_live) for row in rows] == [
        ("dev", "rsa", None),
        ("staging", "rsa", None),
        ("prod", "rsa", True),
        ("prod", "hybrid", True),
    ]
    assert rows[3].structured()["fingerprint"] == hybrid_certificate().fingerprint
    assert [each.severity for each in check(stored, live, now=BORN)] == ["info"]


def test_a_file_may_be_sealed_to_either_key_of_its_environment(root: Path) -> None:
    _with_hybrid(root, "prod")
    file = root / "clusters" / "prod" / "apps" / "web" / "sealed.yaml"

    expected = ExpectedCertificates().of_file(file)

    assert [each.certificate.is_hybrid for each in expected] == [False, True]


@pytest.mark.parametrize(
    ("live", "message"),
    [
        (
            Certificates(rsa=certificate_of(1), hybrid=hybrid_certificate(1)),
            "the cluster of prod seals to {1}, and the hybrid key here is {0}",
        ),
        (
            Certificates(rsa=certificate_of(1)),
            "the cluster of prod has no hybrid key, and the one here is {0}",
        ),
    ],
    ids=["another", "none"],
)
def test_a_hybrid_key_that_the_cluster_does_not_have_is_an_error(
    root: Path, live: Certificates, message: str
) -> None:
    _with_hybrid(root, "prod")

    findings = check(read_stored(Repository(root)), {"prod": live}, now=BORN)

    fingerprints = [hybrid_certificate(number).fingerprint for number in (0, 1)]
    assert [each.message for each in findings if each.severity == "error"] == [
        message.format(*fingerprints)
    ]


def test_a_hybrid_key_that_only_the_cluster_has_is_no_finding(root: Path) -> None:
    live = {"prod": Certificates(rsa=certificate_of(1), hybrid=hybrid_certificate())}

    findings = check(read_stored(Repository(root)), live, now=BORN)

    assert [each.severity for each in findings] == ["info"]


def test_an_expired_hybrid_key_is_told_as_such(root: Path) -> None:
    _with_hybrid(root, "prod")

    findings = check(read_stored(Repository(root)), {}, now=UNTIL + timedelta(days=1))

    assert "the hybrid key expired at 2036-" in findings[-1].message


def test_a_cluster_that_seals_with_another_key_is_an_error(root: Path) -> None:
    live = dict.fromkeys(["staging", "prod", "dev"], Certificates(rsa=certificate_of(0)))

    findings = check(read_stored(Repository(root)), live, now=BORN)

    assert [(each.path, each.severity) for each in findings] == [
        (".gitopskit/certs/dev.pem", "info"),
        (".gitopskit/certs/dev.pem", "error"),
        (".gitopskit/certs/prod.pem", "error"),
    ]
    assert findings[2].message == (
        f"the cluster of prod seals to {fingerprint_of(0)}, and the certificate here is "
        f"{fingerprint_of(1)}"
    )
    assert "`gitopskit keys fetch --env prod`" in findings[2].hint


def test_a_list_tells_expired_and_unusable_certificates(root: Path) -> None:
    (root / ".gitopskit" / "certs" / "prod.pem").write_text("nothing")

    findings = check(read_stored(Repository(root)), {}, now=_END + timedelta(days=1))

    assert [(each.path, each.severity) for each in findings] == [
        (".gitopskit/certs/prod.pem", "error"),
        (".gitopskit/certs/dev.pem", "info"),
        (".gitopskit/certs/staging.pem", "error"),
    ]

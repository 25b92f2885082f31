"""Which certificate seals: --cert in all its forms, and where it comes from without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gitopskit.sealing.keys import new_sealing_key
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same, first_line, names, told
from tests.support.kubeseal_calls import MANIFEST, Call, Result
from tests.support.sealing import BORN, sealing_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.sealing.keys import KeyPair
    from tests.support.kubeseal_calls import Content

_NONE: Final = "data does not contain any valid RSA or ECDSA certificates"
_PROXIED: Final = "--cert http://certificates.example/tls.crt"
_NO_CLUSTER: Final = (
    "invalid configuration: no configuration has been provided, "
    "try setting KUBERNETES_MASTER environment variable"
)

_CONFIG: Final = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: dev}]
"""


def old() -> bytes:
    """Return the certificate of both keys that is in `tls.crt`."""
    return sealing_pair().certificate_pem


def _new() -> bytes:
    return sealing_pair(1).certificate_pem


def _both() -> bytes:
    return _new() + old()


def _public_key() -> bytes:
    key = x509.load_pem_x509_certificate(old()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@cache
def expired_pair() -> KeyPair:
    """Return a key whose certificate expired in the year 2025."""
    return new_sealing_key(now=BORN - timedelta(days=4000), size_bits=2048)


def _expired() -> bytes:
    return expired_pair().certificate_pem


@cache
def _future() -> bytes:
    born = datetime(2099, 1, 1, tzinfo=UTC)
    return new_sealing_key(now=born, size_bits=2048).certificate_pem


def _cert(content: Content, flags: str = "--cert given.pem") -> Call:
    return Call(flags=flags, files={"given.pem": content}, has_certificate=False)


def _sealed_to(flags: str, **variables: str) -> Call:
    return Call(flags=flags, variables=variables, has_certificate=False)


SAME: Final = (
    Same("a URL", _sealed_to("--cert {web}/tls.crt")),
    Same("a URL in capitals", _sealed_to("--cert HTTP://{web_host}/tls.crt")),
    Same("a URL that leads on", _sealed_to("--cert {web}/moved")),
    Same("a URL behind HTTP_PROXY", _sealed_to(_PROXIED, HTTP_PROXY="{web}")),
    Same("a URL behind http_proxy", _sealed_to(_PROXIED, http_proxy="{web}")),
    Same(
        "a URL that NO_PROXY names",
        _sealed_to("--cert {web}/tls.crt", HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="127.0.0.1"),
    ),
    Same("file:///", _sealed_to("--cert file://{here}/tls.crt")),
    Same("file://localhost/", _sealed_to("--cert file://localhost{here}/tls.crt")),
    Same("file:/", _sealed_to("--cert file:{here}/tls.crt")),
    Same("the last of two flags", _sealed_to("--cert tls.crt --cert new.crt")),
    Same("SEALED_SECRETS_CERT", _sealed_to("", SEALED_SECRETS_CERT="tls.crt")),
    Same("several certificates", _cert(_both)),
    Same("words before the certificate", _cert(lambda: b"subject: nobody\n" + old())),
    Same("a key before the certificate", _cert(lambda: _public_key() + old())),
    Same("line ends of Windows there", _cert(lambda: old().replace(b"\n", b"\r\n"))),
    Same("one that is not valid yet", _cert(_future)),
    Same(
        "one from standard input",
        Call(
            flags="--cert /dev/stdin -f in.yaml",
            files={"in.yaml": MANIFEST},
            stdin=old,
            has_certificate=False,
            is_child=True,
        ),
    ),
)

REFUSED: Final = (
    Refused(
        "a bare public key",
        _cert(_public_key),
        _NONE,
        "this is a public key, not a certificate",
    ),
    Refused("an empty file", _cert(b""), _NONE, "this is no PEM certificate"),
    Refused("what is no PEM", _cert(b"hello"), _NONE, "this is no PEM certificate"),
    Refused(
        "an expired certificate",
        _cert(_expired),
        "failed to encrypt using an expired certificate on June 16, 2025",
        "the certificate expired at 2025-06-16T12:00:00Z",
    ),
    Refused(
        "an expired certificate before another",
        _cert(lambda: _expired() + old()),
        "failed to encrypt using an expired certificate on June 16, 2025",
        "the certificate expired at 2025-06-16T12:00:00Z",
    ),
    Refused(
        "a missing certificate",
        _sealed_to("--cert missing.pem"),
        "open missing.pem: no such file or directory",
        "cannot read the certificate: No such file or directory",
    ),
    Refused(
        "a folder as certificate",
        _sealed_to("--cert ."),
        "read .: is a directory",
        "cannot read the certificate: Is a directory",
    ),
    Refused(
        "a file of another machine",
        _sealed_to("--cert file://tls.crt"),
        _NONE,
        "a file:// address cannot name another machine",
    ),
    Refused(
        "a scheme of long ago",
        _sealed_to("--cert ftp://127.0.0.1/tls.crt"),
        'Get "ftp://127.0.0.1/tls.crt": unsupported protocol scheme "ftp"',
        "this is no address of the web",
    ),
    Refused(
        "nobody at the address",
        _sealed_to("--cert http://127.0.0.1:9/tls.crt"),
        'Get "http://127.0.0.1:9/tls.crt": dial tcp 127.0.0.1:9: connect: connection refused',
        "cannot fetch it: connection refused",
        code=3,
    ),
    Refused(
        "neither a certificate nor a cluster",
        _sealed_to(""),
        _NO_CLUSTER,
        "no certificate to seal with, and no repository or kubeconfig to take one from",
    ),
    Refused(
        "an empty --cert",
        _sealed_to("--cert ''"),
        _NO_CLUSTER,
        "no certificate to seal with, and no repository or kubeconfig to take one from",
    ),
)


def _gone(result: Result) -> object:
    """Return the error without the address, which is another one each time."""
    return result.told.partition(":")[0].partition(" {")[0].partition(' "')[0], result.code


def _make_repository(folder: Path) -> None:
    """Make the folder a repository that has the certificate of one environment."""
    (folder / ".gitopskit" / "certs").mkdir(parents=True)
    (folder / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    (folder / ".gitopskit" / "certs" / "dev.pem").write_bytes(old())


DIFFERS: Final = (
    Differs(
        "repository-certificate",
        "a repository",
        Call(has_certificate=False, prepare=_make_repository),
        names,
        _NO_CLUSTER,
        ["db"],
    ),
    Differs(
        "messages",
        "an address with nothing behind it",
        _sealed_to("--cert {web}/gone"),
        _gone,
        ("cannot fetch", 1),
        ("the server answered with HTTP status 404", 3),
    ),
    Differs(
        "dash",
        "a dash for a certificate on standard input",
        Call(
            flags="--cert - -f in.yaml",
            files={"in.yaml": MANIFEST},
            stdin=old,
            has_certificate=False,
        ),
        names,
        "open -: no such file or directory",
        ["db"],
    ),
    Differs(
        "fetched-is-checked",
        "the first of the certificates that --fetch-cert is told",
        Call(
            flags="--fetch-cert --cert given.pem",
            files={"given.pem": _both},
            has_certificate=False,
        ),
        lambda result: result.stdout.count("BEGIN CERTIFICATE"),
        2,
        1,
    ),
    Differs(
        "fetched-is-checked",
        "an expired one that --fetch-cert is told",
        _cert(_expired, "--fetch-cert --cert given.pem"),
        told,
        "done",
        "the certificate expired at 2025-06-16T12:00:00Z",
    ),
    Differs(
        "fetched-is-checked",
        "words that --fetch-cert is told",
        _cert(b"hello\n", "--fetch-cert --cert given.pem"),
        first_line,
        "hello",
        "",
    ),
)

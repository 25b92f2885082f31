"""A certificate authority for one test, a server's certificate from it, and a server behind it."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ServerTls:
    """What a TLS server on the loopback needs, and the authority that its clients trust."""

    ca_pem: str
    context: ssl.SSLContext


class TlsListener(ThreadingHTTPServer):
    """A server on the loopback; who does not trust it just goes away."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], *, tls: ServerTls) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._tls = tls

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- inherited
        """Speak TLS in the connection's own thread."""
        try:
            with self._tls.context.wrap_socket(request, server_side=True) as stream:
                super().finish_request(stream, client_address)
        except OSError:
            return

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer for as long as a block lasts."""
        thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


def make_server_tls(folder: Path) -> ServerTls:
    """Make an authority and a certificate for ``localhost`` and 127.0.0.1."""
    ca_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    ca_name, server_name = (
        _name(f"test authority {x509.random_serial_number()}"),
        _name("localhost"),
    )
    ca = (
        _builder(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        _builder(server_name, ca_name, server_key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    key_pem = server_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(key_pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return ServerTls(ca_pem=ca.public_bytes(serialization.Encoding.PEM).decode(), context=context)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )

"""ServicePort: a Service as the API server's proxy reaches it.

Pure. Owns the path of that proxy. What a Service answers, and means by it, is its caller's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gitopskit.errors import InputError
from gitopskit.kube.requests import JSON, Request
from gitopskit.kube.resources import SERVICES
from gitopskit.manifests.names import require_dns_label

_LARGEST_ANSWER_BYTES: Final = 2 * 1024 * 1024
_ACCEPT: Final = f"{JSON}, */*"
"""The API server's own refusals come as JSON, and a service may answer with anything."""

_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
"""Paths that nobody on the way reads in another sense: no query, no escapes, no dot segments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePort:
    """A port of a Service, by its name or number; empty is the Service's only, unnamed one.

    The API server speaks plain HTTP to it.
    """

    namespace: str
    service: str
    port: str = ""

    @property
    def where(self) -> str:
        """Return the Service as errors name it."""
        return str(SERVICES.ref(namespace=self.namespace, name=self.service))

    def request(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = JSON
    ) -> Request:
        """Return the request for a path of the Service, for example ``/v1/cert.pem``.

        Raises:
            InputError: a name is none that a cluster has, or the path is no plain one.

        Source: kubernetes.io/docs, "Access Services Running on Clusters"; the colons stay as they
        are, because roles name ``http:NAME:PORT``.
        """
        require_dns_label(self.namespace, what="namespace of the Service")
        require_dns_label(self.service, what="name of the Service")
        if self.port:
            require_dns_label(self.port, what="port of the Service", where=self.where)
        if not _PATH.fullmatch(path):
            raise InputError("the path cannot be asked for", where=self.where)
        target = f"http:{self.service}:{self.port}"
        collection = SERVICES.collection_path(self.namespace)
        return Request(
            method=method,
            path=f"{collection}/{target}/proxy{path}",
            accept=_ACCEPT,
            content_type=content_type,
            body=body,
            where=self.where,
            is_passed_on=True,
            limit_bytes=_LARGEST_ANSWER_BYTES,
        )

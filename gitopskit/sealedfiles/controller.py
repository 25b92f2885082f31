"""A cluster's sealed-secrets controller (Bitnami's or ours), asked through the API server.

Owns how it is found and what its HTTP answers mean. Whatever it is sent holds envelopes and where
they are bound to, never a template: controllers up to 0.39 render templates into sealed values,
and those from 0.36 on lose a template's metadata. Nothing that it says is ever quoted.

Source: github.com/bitnami-labs/sealed-secrets, pkg/controller/server.go and
docs/developer/swagger.yml.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.errors import (
    ApiError,
    ApiForbidden,
    ApiNotFound,
    EnvironmentFault,
    GitopskitError,
    InputError,
    IntegrityFault,
    Undecryptable,
)
from gitopskit.kube.requests import decoded, encoded
from gitopskit.kube.resources import SERVICES
from gitopskit.kube.services import ServicePort
from gitopskit.manifests.names import require_dns_label
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE, UNSEALER_SERVICE
from gitopskit.sealing.envelope import measure
from gitopskit.sealing.sealed_secret import SealedSecret, parse, to_content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.transport import Answer
    from gitopskit.manifests.json_types import JsonObject

_BITNAMI_CHART: Final = "app.kubernetes.io/name=sealed-secrets"
_BITNAMI_MANIFEST: Final = "name=sealed-secrets-controller"
_OURS: Final = "app.kubernetes.io/name=gitopskit-unsealer"
_METRICS_SUFFIX: Final = "-metrics"
"""Bitnami's Service for metrics may carry the labels of the other one."""

_HINT: Final = "say where it is with --controller-name and --controller-namespace"
_UNOPENED_HINT: Final = "seal it again, or add the private key it was sealed to"

_OK: Final = 200
_CONFLICT: Final = 409
_TOO_LARGE: Final = 413
_BUSY: Final = 429
_FAILED: Final = 500
_NOBODY_ANSWERS: Final = frozenset({502, 503, 504})
_NO_SUCH_PATH: Final = frozenset({404, 405})


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerAddress:
    """The Service of a controller; kubeseal's defaults."""

    name: str = UNSEALER_SERVICE
    namespace: str = UNSEALER_NAMESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """A controller that was found; every call asks it anew."""

    api: KubeClient = field(repr=False)
    port: ServicePort

    async def fetch_certificate_pem(self) -> bytes:
        """Return what it serves as its newest certificate; that it is one is not checked.

        Raises:
            EnvironmentFault: it has none, or does not answer.
        """
        answer = await self._ask("GET", "/v1/cert.pem")
        if answer.status != _OK:
            raise self._refusal(answer, what="give its certificate")
        return answer.body

    async def verify(self, sealed: SealedSecret) -> bool:
        """Tell whether its keys open every item of a SealedSecret.

        Raises:
            InputError: the SealedSecret is larger than it takes.
            EnvironmentFault: it does not say, is busy, or does not answer.
        """
        answer = await self._post("/v1/verify", sealed)
        if answer.status in (_OK, _CONFLICT):
            return answer.status == _OK
        raise self._refusal(answer, what="verify the SealedSecret")

    async def rotate(self, sealed: SealedSecret) -> Mapping[str, bytes]:
        """Return the items of a SealedSecret sealed again to its newest key, in their order.

        Checked is what can be without a key: the same items, the same sizes of their values,
        bound to the same place.

        Raises:
            Undecryptable: it cannot open an item; it does not say which, or why.
            IntegrityFault: what it returns is not what it was sent, sealed again.
            InputError: the SealedSecret is larger than it takes.
            EnvironmentFault: it is busy, or does not answer.
        """
        answer = await self._post("/v1/rotate", sealed)
        if answer.status in (_CONFLICT, _FAILED):
            raise Undecryptable(
                "the controller cannot open it", where=str(sealed.ref), hint=_UNOPENED_HINT
            )
        if answer.status != _OK:
            raise self._refusal(answer, what="seal the SealedSecret again")
        return _new_items(sealed, answer.body, where=str(sealed.ref))

    async def _post(self, path: str, sealed: SealedSecret) -> Answer:
        return await self._ask("POST", path, body=encoded(_sent(sealed), sealed.ref))

    async def _ask(self, method: str, path: str, *, body: bytes | None = None) -> Answer:
        try:
            return await self.api.service_request(method, self.port, path, body=body)
        except ApiError as error:
            if error.status not in _NOBODY_ANSWERS:
                raise
            raise EnvironmentFault(
                f"nothing answers behind the Service: {error.what}",
                where=error.where,
                hint="check that the controller's pod runs",
            ) from error

    def _refusal(self, answer: Answer, *, what: str) -> GitopskitError:
        if answer.status == _TOO_LARGE:
            return InputError(
                "the SealedSecret is larger than the controller takes",
                where=self.port.where,
                hint="split the Secret",
            )
        told = f"the controller did not {what}: it answered with HTTP status {answer.status}"
        hints = {_BUSY: "it is busy: try again later"} | dict.fromkeys(
            _NO_SUCH_PATH, f"what answers there is no sealed-secrets controller: {_HINT}"
        )
        hint = hints.get(answer.status, "look at the log of its pod")
        return EnvironmentFault(told, where=self.port.where, hint=hint)


async def find_controller(
    api: KubeClient, address: ControllerAddress, *, is_default: bool
) -> Controller:
    """Return the controller at an address or, where nobody chose it, the one there is.

    ``is_default`` tells that nobody chose the address. Then, if it leads nowhere, Services are
    looked for by their labels, in its namespace and in all: those of Bitnami's chart, of its
    plain manifest, and ours. The first of these that has any decides. As in kubeseal, the first
    port of the Service is the one.

    Raises:
        InputError: there is none, there are several, or the address cannot be one.
        ApiForbidden: we may not look.
        ApiError: the API server does not answer.
    """
    require_dns_label(address.namespace, what="namespace of the controller")
    require_dns_label(address.name, what="name of the controller")
    try:
        service = await api.get(SERVICES, address.name, address.namespace)
    except (ApiNotFound, ApiForbidden) as error:
        found = await _services_by_label(api, address.namespace) if is_default else []
        if not found and isinstance(error, ApiForbidden):
            raise
        service = _only(found, sought=address)
    return Controller(api=api, port=_port_of(service))


async def _services_by_label(api: KubeClient, namespace: str) -> list[JsonObject]:
    for selector in (_BITNAMI_CHART, _BITNAMI_MANIFEST, _OURS):
        for place in (namespace, ""):
            found = await _selected(api, place, selector)
            if found:
                return found
    return []


async def _selected(api: KubeClient, namespace: str, selector: str) -> list[JsonObject]:
    try:
        listing = await api.list(SERVICES, namespace, label_selector=selector)
    except ApiForbidden:
        return []
    return [item for item in listing.items if not _name(item).endswith(_METRICS_SUFFIX)]


def _only(services: list[JsonObject], *, sought: ControllerAddress) -> JsonObject:
    if len(services) == 1:
        return services[0]
    names = ", ".join(sorted(str(SERVICES.ref_of(service)) for service in services))
    raise InputError(
        f"there are several sealed-secrets controllers: {names}"
        if services
        else "there is no sealed-secrets controller",
        where="" if services else str(SERVICES.ref(namespace=sought.namespace, name=sought.name)),
        hint=_HINT,
    )


def _name(service: JsonObject) -> str:
    return SERVICES.ref_of(service).name


def _port_of(service: JsonObject) -> ServicePort:
    ref = SERVICES.ref_of(service)
    ports = (service.get("spec") or {}).get("ports") or []
    if not ports:
        raise InputError("the Service has no port", where=str(ref), hint=_HINT)
    return ServicePort(
        namespace=ref.namespace, service=ref.name, port=str(ports[0].get("name") or "")
    )


def _sent(sealed: SealedSecret) -> JsonObject:
    """Return what of a SealedSecret a controller needs to open it, and nothing else."""
    return to_content(
        SealedSecret(
            name=sealed.name,
            namespace=sealed.namespace,
            metadata={"annotations": sealed.scope.annotations},
            encrypted_data=sealed.encrypted_data,
        )
    )


def _new_items(sealed: SealedSecret, body: bytes, *, where: str) -> dict[str, bytes]:
    """Return the items of an answer, each under the name and with the size it was sent with."""
    try:
        answer = parse(decoded(body, where), where=where)
    except GitopskitError as error:
        raise _untrue("no SealedSecret", where=where) from error
    if answer.encrypted_data.keys() != sealed.encrypted_data.keys():
        raise _untrue("other items than it was sent", where=where)
    if (answer.scope, answer.binding.label) != (sealed.scope, sealed.binding.label):
        raise _untrue("items that are bound to another place", where=where)
    changed = sorted(_differing(sealed.encrypted_data, answer.encrypted_data))
    if changed:
        named = ", ".join(f"`{item}`" for item in changed)
        raise _untrue(f"values of other sizes for {named}", where=where)
    return {item: answer.encrypted_data[item] for item in sealed.encrypted_data}


def _differing(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[str]:
    for item, blob in new.items():
        size_bytes = measure(blob).value_size_bytes
        if size_bytes < 0 or size_bytes != measure(old[item]).value_size_bytes:
            yield item


def _untrue(what: str, *, where: str) -> IntegrityFault:
    return IntegrityFault(
        f"the controller returned {what}",
        where=where,
        hint="nothing was changed; use a newer controller, or seal again with the private keys",
    )

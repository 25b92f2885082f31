"""Connection: which API server, and as whom, from a kubeconfig or from inside a pod.

The only module that knows kubernetes_asyncio, whose loader reads kubeconfigs, service account
folders and exec plugins; it is imported when it is needed, because that takes half a second. Not
taken over from a kubeconfig: ``as`` (refused) and the renewal of client certificates that an exec
plugin hands out (they are read once).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from gitopskit.errors import (
    EnvironmentFault,
    InputError,
    MalformedDocument,
    UnsupportedField,
)
from gitopskit.kube.proxies import proxy_for
from gitopskit.kube.tokens import Authorization, Tokens
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubernetes_asyncio.config.kube_config import ConfigNode, KubeConfigLoader

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonObject

ENVIRONMENT_NAMES: Final = (
    "HOME",
    "KUBECONFIG",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
)
"""The variables that ``load_connection`` looks at."""

SERVICE_ACCOUNT_FOLDER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token, its CA and its namespace.

Source: kubernetes.io/docs, "Accessing the Kubernetes API from a Pod".
"""

_TOKEN_AGE_SECONDS: Final = 60.0
"""Token files are read again this often; kubelets renew them long before they end.

Source: client-go, transport/token_source.go.
"""

_EXPIRY_MARGIN_SECONDS: Final = 10.0
_PLUGIN_TIMEOUT_SECONDS: Final = 120.0
_KUBECONFIG_HINT: Final = "check the credentials with `kubectl auth whoami`"
_NO_KUBECONFIG: Final = "this is no kubeconfig"
_FILE_HINT: Final = "check that KUBECONFIG names a kubeconfig"
_EXPECTED_KEY: Final = re.compile(r"Expected key ([\w-]+) in")
_TELLABLE: Final = ("exec:", "oidc:", "File does not exist", "Service ", "Token file", "Cert file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One API server and the credentials for it; nothing in its repr is secret.

    ``tls`` is None where the server is reached without TLS. ``tls_server_name`` overrides the
    name that the server's certificate must carry, ``proxy`` is an HTTP proxy's URL.
    """

    server: str
    context_name: str = ""
    namespace: str = "default"
    tls_server_name: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    proxy: str = field(default="", repr=False)
    tokens: Tokens = field(repr=False)


async def load_connection(
    *,
    kubeconfig: str = "",
    context: str = "",
    in_cluster: bool = False,
    environment: Mapping[str, str],
    clock: Clock,
    service_account_folder: Path = SERVICE_ACCOUNT_FOLDER,
) -> Connection:
    """Return the connection that a kubeconfig's context, or the pod we run in, describes.

    ``environment`` holds what is set of ``ENVIRONMENT_NAMES``; ``kubeconfig`` may name several
    files, joined as in KUBECONFIG. Nothing is sent to the server.

    Raises:
        InputError: the context does not exist, or the file asks for what is not supported.
        EnvironmentFault: there is no usable kubeconfig or service account, or an exec plugin
            failed.
    """
    # The loader logs what exec plugins print, which nobody has scrubbed.
    logging.getLogger("kubernetes_asyncio").disabled = True
    logging.getLogger("kubernetes_asyncio.config.kube_config").disabled = True
    if in_cluster:
        pod = _Pod(environment=environment, folder=service_account_folder)
        return pod.connection(clock)
    chosen = _Kubeconfig(
        files=kubeconfig or environment.get("KUBECONFIG") or _usual_file(environment),
        context=context,
        environment=environment,
        clock=clock,
    )
    return await chosen.connection()


def _usual_file(environment: Mapping[str, str]) -> str:
    return str(Path(environment.get("HOME") or "~").expanduser() / ".kube" / "config")


@dataclass(slots=True, kw_only=True)
class _Loaded:
    """What kubernetes_asyncio's loaders fill in; the names are theirs."""

    host: str = ""
    ssl_ca_cert: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    verify_ssl: bool = True
    tls_server_name: str | None = None
    proxy: str | None = None
    api_key: dict[str, str] = field(default_factory=dict, repr=False)
    refresh_api_key_hook: object = None

    @property
    def header(self) -> str:
        return self.api_key.get("BearerToken", "").strip()

    def tls(self) -> ssl.SSLContext | None:
        if not self.host.startswith("https:"):
            return None
        tls = ssl.create_default_context(cafile=self.ssl_ca_cert)
        # Clusters' own CAs often lack the extensions that Python 3.13 began to insist on.
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.cert_file:
            tls.load_cert_chain(self.cert_file, keyfile=self.key_file)
        if not self.verify_ssl:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        return tls


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pod:
    """The service account that a pod runs as."""

    environment: Mapping[str, str]
    folder: Path

    def connection(self, clock: Clock) -> Connection:
        loaded = self._load()
        namespace_file = self.folder / "namespace"
        has_namespace = namespace_file.is_file()
        with _vendor_errors(str(self.folder)):
            tls = loaded.tls()
        return Connection(
            server=loaded.host,
            context_name="in-cluster",
            namespace=namespace_file.read_text().strip() if has_namespace else "default",
            tls=tls,
            tokens=Tokens(self._authorization, clock=clock),
        )

    async def _authorization(self) -> Authorization:
        return Authorization(header=self._load().header, valid_seconds=_TOKEN_AGE_SECONDS)

    def _load(self) -> _Loaded:
        from kubernetes_asyncio.config import incluster_config  # noqa: PLC0415 -- half a second

        loaded = _Loaded()
        with _vendor_errors(str(self.folder)):
            incluster_config.load_incluster_config(  # type: ignore[no-untyped-call]  # vendor's
                loaded,
                token_filename=str(self.folder / "token"),
                cert_filename=str(self.folder / "ca.crt"),
                environ=dict(self.environment),
            )
        return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kubeconfig:
    """One context of one or more kubeconfig files (joined as in KUBECONFIG)."""

    files: str
    context: str
    environment: Mapping[str, str]
    clock: Clock

    async def connection(self) -> Connection:
        config = self._merged()
        context = self._chosen(config)
        loaded, tls, authorization = await self._load(config, context["name"])
        proxy = proxy_for(loaded.host, configured=loaded.proxy or "", environment=self.environment)
        return Connection(
            server=loaded.host,
            context_name=context["name"],
            namespace=context["context"].get("namespace") or "default",
            tls_server_name=loaded.tls_server_name or "",
            tls=tls,
            proxy=proxy,
            tokens=Tokens(self._authorization, clock=self.clock, first=authorization),
        )

    async def _authorization(self) -> Authorization:
        config = self._merged()
        _, _, authorization = await self._load(config, self._chosen(config)["name"])
        return authorization

    async def _load(
        self, config: ConfigNode, context: str
    ) -> tuple[_Loaded, ssl.SSLContext | None, Authorization]:
        from kubernetes_asyncio.config import kube_config  # noqa: PLC0415 -- half a second

        loaded = _Loaded()
        with _vendor_errors(self.files):
            try:
                loader = kube_config.KubeConfigLoader(
                    config_dict=config, active_context=context, config_base_path=None
                )
                _refuse_impersonation(loader, self.files)
                async with asyncio.timeout(_PLUGIN_TIMEOUT_SECONDS):
                    await loader.load_and_set(loaded)
                tls = loaded.tls()
            finally:
                kube_config._cleanup_temp_files()  # noqa: SLF001 -- keys would stay on disk until exit
        valid_seconds = self._valid_seconds(loader)
        return loaded, tls, Authorization(header=loaded.header, valid_seconds=valid_seconds)

    def _valid_seconds(self, loader: KubeConfigLoader) -> float:
        expiry = getattr(loader, "exec_plugin_expiry", None)
        if expiry is not None:
            left: float = (expiry - self.clock.now_utc()).total_seconds()
            return max(left - _EXPIRY_MARGIN_SECONDS, _EXPIRY_MARGIN_SECONDS)
        return _TOKEN_AGE_SECONDS if "tokenFile" in (loader._user or ()) else math.inf  # noqa: SLF001 -- no public way

    def _merged(self) -> ConfigNode:
        from kubernetes_asyncio.config import kube_config  # noqa: PLC0415 -- half a second

        with _vendor_errors(self.files, unreadable=_NO_KUBECONFIG, hint=_FILE_HINT):
            merged = kube_config.KubeConfigMerger(self.files).config
        if merged is None:
            raise EnvironmentFault(
                "there is no kubeconfig",
                where=self.files,
                hint="set KUBECONFIG to the path of one, or log in to a cluster first",
            )
        return merged

    def _chosen(self, config: ConfigNode) -> JsonObject:
        """Return the context's entry in the kubeconfig: its name, cluster, user, namespace."""
        with _vendor_errors(self.files, unreadable=_NO_KUBECONFIG, hint=_FILE_HINT):
            contexts = {entry.value["name"]: entry.value for entry in config["contexts"].value}
            name = self.context or config.safe_get("current-context") or ""
        hint = f"contexts there: {', '.join(sorted(contexts)) or 'none'}; choose with --context"
        if not name:
            raise EnvironmentFault(
                "the kubeconfig has no current context", where=self.files, hint=hint
            )
        if name not in contexts:
            raise InputError(f'there is no context "{name}"', where=self.files, hint=hint)
        return dict(contexts[name])


def _refuse_impersonation(loader: KubeConfigLoader, where: str) -> None:
    names = [name for name in ("as", "as-user-extra", "as-groups") if name in (loader._user or ())]  # noqa: SLF001 -- no public way
    if names:
        raise UnsupportedField(
            f"the kubeconfig's user has `{names[0]}`, which is not supported",
            where=where,
            hint="use a user of its own instead of impersonation",
        )


@contextlib.contextmanager
def _vendor_errors(
    where: str, *, unreadable: str = "the credentials cannot be read", hint: str = _KUBECONFIG_HINT
) -> Iterator[None]:
    """Translate what the loaders raise; their messages quote whole users, so few are passed on.

    Raises:
        EnvironmentFault: anything of the loader's, of the files', or of the certificates'.
        MalformedDocument: the file is no YAML.
    """
    from kubernetes_asyncio.config import ConfigException  # noqa: PLC0415 -- half a second

    try:
        yield
    except ConfigException as error:
        raise EnvironmentFault(_told(str(error)), where=where, hint=_KUBECONFIG_HINT) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise MalformedDocument("the kubeconfig is not YAML", where=f"{where}{place}") from None
    except TimeoutError:
        raise EnvironmentFault(
            f"the credential plugin did not answer within {_PLUGIN_TIMEOUT_SECONDS:g} s",
            where=where,
            hint=_KUBECONFIG_HINT,
        ) from None
    except ssl.SSLError:
        raise EnvironmentFault(
            "a certificate or key of the credentials cannot be used",
            where=where,
            hint=_KUBECONFIG_HINT,
        ) from None
    except OSError as error:
        raise EnvironmentFault(
            f"cannot read or run {error.filename or 'a file'}: {error.strerror or 'failed'}",
            where=where,
            hint=hint,
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError):
        raise EnvironmentFault(unreadable, where=where, hint=hint) from None


def _told(message: str) -> str:
    missing = _EXPECTED_KEY.search(message)
    if missing:
        return f'the kubeconfig lacks "{missing[1]}"'
    if message.startswith(_TELLABLE):
        return scrub(message[:1].lower() + message[1:].rstrip("."))
    return "the kubeconfig cannot be used"

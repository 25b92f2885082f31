"""Every error that a person can meet, each with what happened, where, and how to fix it.

Owns the classes, their exit codes and what happens next (terminal, transient, waiting). Must not
know any vendor, any file format, any command. ``docs/errors.md`` lists the same classes; a test
compares the two.

The tree::

    GitopskitError
    ├── InputError            2   usage or input that cannot be used
    │   ├── MalformedDocument     YAML or JSON that cannot be read
    │   ├── UnusableKey           a private key or certificate that cannot be used
    │   ├── UnsupportedField      a field that this version refuses by name
    │   ├── TemplateFailed        a template of a SealedSecret that cannot be rendered
    │   │   └── TemplateRefused   it uses what is never evaluated here, or costs too much
    │   └── RenderFailed          an overlay that does not build
    │       └── PathMissing       it refers to a file or folder that is not there
    ├── EnvironmentFault      3   something around us is missing or refuses; try again later
    │   ├── MissingTool           a program or an optional package is not installed
    │   ├── ProcessFailed         a program ended with an error or ran out of time
    │   ├── GitFailed             a repository cannot be reached or read
    │   └── ApiError              the Kubernetes API server refused or did not answer
    │       ├── ApiUnreachable    no answer at all
    │       │   └── ApiUntrusted      TLS failed: a certificate, or none where one is needed
    │       ├── ApiForbidden      401 or 403
    │       ├── ApiNotFound       404
    │       ├── ApiConflict       409: changed meanwhile, or exists already
    │       ├── ApiGone           410: the resource version is too old
    │       └── ApiInvalid        400, 413, 415 or 422: the object is refused
    └── IntegrityFault        4   needs a person
        ├── Undecryptable         no key opens it; never says which check failed
        ├── OwnershipConflict     the object belongs to somebody else
        ├── ChangedMeanwhile      a file is no longer what was read
        └── KeyInUse              a sealing key that something still needs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

NextStep = Literal["terminal", "transient", "waiting"]

_UNAUTHORIZED: Final = 401
_BUSY: Final = 429
_FIRST_FAULT: Final = 500

NAMESPACE_ENDS: Final = "NamespaceTerminating"
"""Why nothing can be created in a namespace that is being deleted."""

IMMUTABLE_FIELD: Final = "ImmutableField"
"""Why an object is refused that differs only in what cannot be changed once it is there."""

UNAPPROVED: Final = "DeletionNotApproved"
"""Why an object is not made anew that a person has to approve the deletion of."""

UNKNOWN_FIELD: Final = "UnknownField"
"""Why an object is refused that has a field which its kind does not have."""


class GitopskitError(Exception):
    """What happened, where, and how to fix it.

    ``what`` is lower case without a final stop. ``where`` is ``path:line:col`` or
    ``kind/namespace/name``, or empty. ``hint`` tells what to do, or is empty. ``is_local``: it is
    about the machine or the call, so that it says nothing about what was to be done elsewhere.
    """

    exit_code: ClassVar[int] = 70
    next_step: ClassVar[NextStep] = "terminal"
    usual_hint: ClassVar[str] = ""
    is_usually_local: ClassVar[bool] = False

    def __init__(
        self, what: str, *, where: str = "", hint: str = "", is_local: bool = False
    ) -> None:
        """Keep the three parts; ``str()`` joins what and where in one line.

        Without a hint of its own, an error has the usual one of its class.
        """
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint or self.usual_hint
        self.is_local = is_local or self.is_usually_local

    def __str__(self) -> str:
        """Return ``what - where``, without the hint."""
        return f"{self.what} - {self.where}" if self.where else self.what


class InputError(GitopskitError):
    """Usage or input that cannot be used; the same call fails again until the input changes."""

    exit_code = 2


class MalformedDocument(InputError):
    """YAML or JSON that cannot be read; ``where`` is ``path:line:col``."""

    usual_hint = "mend the file at the place named"


class UnusableKey(InputError):
    """A private key or a certificate that cannot be used: malformed, expired, of another kind."""


class UnsupportedField(InputError):
    """A field that this version does not honour and therefore refuses by name."""


class TemplateFailed(InputError):
    """A template of a SealedSecret that is malformed or fails; no value is part of the message."""


class TemplateRefused(TemplateFailed):
    """A template that uses what is never evaluated here, named, or that costs too much."""


class RenderFailed(InputError):
    """An overlay or a folder that does not build."""


class PathMissing(RenderFailed):
    """A file or a folder that is referred to and is not there; ``where`` is what refers to it."""


class EnvironmentFault(GitopskitError):
    """Something around us is missing or refuses: authorisation, network, a tool. Resumable."""

    exit_code = 3
    next_step: ClassVar[NextStep] = "transient"


class MissingTool(EnvironmentFault):
    """A program or an optional package is not installed; the hint is the line that installs it."""

    next_step = "terminal"
    is_usually_local = True


class ProcessFailed(EnvironmentFault):
    """A program ended with an error, printed too much, or ran out of time."""


class GitFailed(EnvironmentFault):
    """A Git repository cannot be reached or read, or a revision is not in it."""


class ApiError(EnvironmentFault):
    """The Kubernetes API server refused a request or did not answer it.

    ``status`` is the HTTP status (0 where there was no answer), ``reason`` the Kubernetes
    Status' reason (or ``NAMESPACE_ENDS``, ``IMMUTABLE_FIELD``, ``UNKNOWN_FIELD``),
    ``retry_after_seconds`` what the server asked for (0 where it did not).
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        hint: str = "",
        status: int = 0,
        reason: str = "",
        retry_after_seconds: float = 0.0,
    ) -> None:
        """Keep the parts of the Kubernetes Status beside what, where and hint."""
        super().__init__(what, where=where, hint=hint)
        self.status = status
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_about_credentials(self) -> bool:
        """Tell whether the server does not know us, which says nothing of what we asked for."""
        return self.status == _UNAUTHORIZED

    @property
    def is_passing(self) -> bool:
        """Tell whether the same request may well be answered a little later."""
        return self.status == _BUSY or self.status >= _FIRST_FAULT

    @property
    def is_about_ending_namespace(self) -> bool:
        """Tell whether nothing can be created any more where we wanted to."""
        return self.reason == NAMESPACE_ENDS


class ApiUnreachable(ApiError):
    """The API server did not answer: refused, timed out, or not resolvable."""

    @property
    def is_passing(self) -> bool:
        """Tell that it may well answer a little later."""
        return True


class ApiUntrusted(ApiUnreachable):
    """There is no TLS with the API server: one of the two does not accept the other."""

    @property
    def is_passing(self) -> bool:
        """Tell that somebody has to mend a certificate, or the address."""
        return False


class ApiForbidden(ApiError):
    """The API server does not know us (401) or does not let us (403)."""


class ApiNotFound(ApiError):
    """The object, its namespace or its kind does not exist (404)."""

    @property
    def is_about_kind(self) -> bool:
        """Tell whether nothing is served there, which says nothing of the object itself.

        Source: k8s.io/apiserver, whose own 404 is a Status with a reason, its router's a text.
        """
        return not self.reason


class ApiConflict(ApiError):
    """The object exists already, or changed since it was read (409)."""


class ApiGone(ApiError):
    """The resource version is too old to go on from (410): list again."""

    @property
    def is_passing(self) -> bool:
        """Tell that a list from the beginning may well be answered."""
        return True


class ApiInvalid(ApiError):
    """The object itself is refused (400, 413, 415 or 422); repeating it does not help."""

    exit_code = 2
    next_step = "terminal"


class IntegrityFault(GitopskitError):
    """Something that only a person can decide; nothing was changed."""

    exit_code = 4


class Undecryptable(IntegrityFault):
    """No key opens the value; it never says which check failed (no oracle).

    ``items`` are the items of a SealedSecret that stay closed, as far as they are known.
    """

    def __init__(
        self, what: str, *, where: str = "", hint: str = "", items: Sequence[str] = ()
    ) -> None:
        """Keep the parts and the items."""
        super().__init__(what, where=where, hint=hint)
        self.items = tuple(items)


class OwnershipConflict(IntegrityFault):
    """The object belongs to somebody else and is left alone."""


class ChangedMeanwhile(IntegrityFault):
    """A file is no longer what was read; it is left as it is now."""


class KeyInUse(IntegrityFault):
    """A sealing key cannot be retired, because something may still need it."""

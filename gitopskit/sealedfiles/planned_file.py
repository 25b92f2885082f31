"""Files as they are to become: looked at before anything is written, then written all or none.

Start at ``plan_sealed_file`` and ``write_planned``.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ChangedMeanwhile, EnvironmentFault, GitopskitError, InputError
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.repository.files import replace_file
from gitopskit.sealedfiles.items import placed
from gitopskit.sealedfiles.merge import merge_into
from gitopskit.sealedfiles.new_secret import require_items_of_type
from gitopskit.sealedfiles.sealed_text import SealedText, is_sealed
from gitopskit.sealedfiles.texts import dump, format_of, holds_already, read_earlier, sealed_ref
from gitopskit.sealedfiles.trees import read_file, replace_text
from gitopskit.sealing.seal import require_room, seal_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitopskit.manifests.documents import Manifest
    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealing.seal import SealOptions

_MODE: Final = 0o644
_PLAIN_TYPES: Final = ("", "Opaque")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """What a file holds, None where there is none, and what it is to hold.

    For a sealed file, and what is registered for it, ``fingerprint`` and ``age_days`` are those of
    the certificate. ``environment`` is empty outside a repository.
    """

    path: Path
    before: bytes | None = field(repr=False)
    text: str = field(repr=False)
    environment: str = ""
    fingerprint: str = ""
    age_days: int = 0

    @property
    def is_change(self) -> bool:
        """Whether there is anything to write."""
        return self.before is None or self.before != self.text.encode()


def plan_sealed_file(
    path: Path, secret: Manifest, options: SealOptions, *, extends: bool
) -> tuple[PlannedFile, SealedPart]:
    """Return what a file becomes that is to hold the SealedSecret of a Secret, and that as it is.

    Secret and options must name the namespace and the Secret its name. Where the file has the
    SealedSecret already, ``extends`` adds the items and leaves all others as they are; without it
    the SealedSecret is replaced, except for envelopes that are known to be unchanged.

    Raises:
        InputError: the Secret cannot be sealed; the file holds anything else, or the SealedSecret
            of another namespace, scope or type; or it is a link or has no folder.
        EnvironmentFault: the file cannot be read.
    """
    before = content_of(path)
    if before is None or not before.strip():
        text = _new(path, secret, options)
    elif extends:
        text = _extended(path, before, secret, options)
    else:
        text = _replaced(path, before, secret, options)
    sealed = SealedText.read(text.encode(), path=str(path))
    part = placed(sealed, options.namespace).part(name=secret.name)
    items = (*part.sealed.encrypted_data, *part.sealed.template_data)
    require_items_of_type(part.sealed.type, items, where=secret.where)
    require_room(part.manifest.content, where=str(path))
    return PlannedFile(path=path, before=before, text=text), part


def content_of(path: Path) -> bytes | None:
    """Return what a file holds that may be written, or None if there is none.

    Raises:
        InputError: it is a link, its folder does not exist, or no file can be called so.
        EnvironmentFault: it cannot be read.
    """
    try:
        is_link, has_folder, is_there = path.is_symlink(), path.parent.is_dir(), path.exists()
    except OSError as error:
        raise InputError(f"cannot be a file: {error.strerror}", where=str(path)) from error
    if is_link:
        raise InputError(
            "the file is a link, which may lead anywhere",
            where=str(path),
            hint="name the file that it leads to",
        )
    if not has_folder:
        raise InputError(
            "the folder of the file does not exist", where=str(path), hint="make it first"
        )
    return read_file(path) if is_there else None


def write_planned(files: Sequence[PlannedFile]) -> tuple[PlannedFile, ...]:
    """Write what is to change, in this order, and return that; after an error nothing has changed.

    Each file is replaced whole.

    Raises:
        ChangedMeanwhile: a file is no longer what it was when it was planned.
        EnvironmentFault: a file cannot be written.
    """
    changes = tuple(file for file in files if file.is_change)
    for file in changes:
        if content_of(file.path) != file.before:
            raise _changed(file)
    written: list[PlannedFile] = []
    try:
        for file in changes:
            if file.before is None:
                _reserve(file)
            written.append(file)  # before it is written: an interruption may come just behind
            replace_text(file.path, file.text, before=file.before or b"")
    except BaseException:
        for file in reversed(written):
            _undo(file)
        raise
    return changes


def _new(path: Path, secret: Manifest, options: SealOptions) -> str:
    sealed = seal_secret(secret.content, options, where=secret.where)
    return dump([sealed], format_of(str(path)) or "yaml")


def _replaced(path: Path, before: bytes, secret: Manifest, options: SealOptions) -> str:
    held = expand_lists(read_documents(before, path=str(path)))
    if [manifest.name for manifest in held if is_sealed(manifest)] != [secret.name] or len(
        held
    ) > 1:
        raise InputError(
            f"the file holds something else than the SealedSecret {secret.name!r}, "
            "which would be lost",
            where=str(path),
            hint="choose another file",
        )
    earlier = read_earlier(before, path=str(path)).get(sealed_ref(secret, options))
    sealed = seal_secret(secret.content, options, where=secret.where, earlier=earlier)
    if holds_already(before, [sealed], path=str(path)):
        return before.decode()
    return dump([sealed], format_of(str(path)) or "yaml")


def _extended(path: Path, before: bytes, secret: Manifest, options: SealOptions) -> str:
    text = placed(SealedText.read(before, path=str(path)), options.namespace)
    found = [part for part in text.parts if part.sealed.name == secret.name]
    if len(found) != 1:
        raise InputError(
            f"the file is there, and holds no SealedSecret {secret.name!r} to add to",
            where=str(path),
            hint="choose another file, or another name",
        )
    _require_same_place(found[0], secret, options)
    only = replace(text, parts=(found[0],))
    return merge_into(only, [secret], options)


def _require_same_place(part: SealedPart, secret: Manifest, options: SealOptions) -> None:
    own, where = part.sealed, part.manifest.where
    if own.namespace != options.namespace:
        raise InputError(
            f"the SealedSecret is in namespace {own.namespace!r}, not in {options.namespace!r}",
            where=where,
            hint="choose another file",
        )
    if options.scope not in (None, own.scope):
        raise InputError(
            f"the SealedSecret has the scope {own.scope.value}, and one scope for all its items",
            where=where,
            hint="leave out --scope, or seal all values again",
        )
    wanted = str(secret.content.get("type") or "")
    if wanted not in (*_PLAIN_TYPES, own.type):
        raise InputError(
            f"the Secret has the type {own.type or 'Opaque'}, which cannot become {wanted}",
            where=where,
            hint=f"give --type {own.type or 'Opaque'}, or another --name",
        )


def _reserve(file: PlannedFile) -> None:
    """Make a new file, so that it is ours alone to fill."""
    try:
        file.path.touch(mode=_MODE, exist_ok=False)
    except FileExistsError as error:
        raise _changed(file) from error
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the file: {error.strerror}",
            where=str(file.path),
            hint="check that its folder may be written",
        ) from error


def _undo(file: PlannedFile) -> None:
    """Take back what we wrote, or began to write, as far as nobody else wrote since."""
    with suppress(OSError, GitopskitError):
        held = file.path.read_bytes()
        if file.before is None and held in (b"", file.text.encode()):
            file.path.unlink()
        elif file.before is not None and held == file.text.encode():
            replace_file(file.path, file.before, expected=held)


def _changed(file: PlannedFile) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        "the file was changed by somebody else meanwhile, and is left as it is",
        where=str(file.path),
        hint="look at the change, then run the command again",
    )

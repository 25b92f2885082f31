"""What is written, where, and in which format."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.json_stream import looks_like_json
from tests.interop.kubeseal_rows.documents import NO_NAME, OTHER
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same, names, told
from tests.support.kubeseal_calls import MANIFEST, Call, Result

if TYPE_CHECKING:
    from pathlib import Path

_OLD: Final = {"out.yaml": "what was there"}


def _format(result: Result) -> object:
    return "JSON" if looks_like_json(result.files["out.YAML"].decode()) else "YAML"


def _mode(result: Result) -> object:
    return oct(result.modes["out.yaml"])


def _make_link(folder: Path) -> None:
    (folder / "real.yaml").write_text("what was there")
    (folder / "out.yaml").symlink_to("real.yaml")


def _make_pipe(folder: Path) -> None:
    os.mkfifo(folder / "out.yaml")


def _kind(result: Result) -> object:
    """Return what the written file is afterwards."""
    mode = (result.folder / "out.yaml").lstat().st_mode
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFREG: "a file"}
    return result.code, kinds[stat.S_IFMT(mode)]


def _names_or_file(result: Result) -> object:
    return "-" if "-" in result.files else names(result)


SAME: Final = (
    Same("JSON where nothing is said", Call(is_child=True)),
    *(
        Same(f"the format {word}", Call(flags=word))
        for word in ("-o json", "-o yaml", "--format=json", "--format yaml", "-oyaml")
    ),
    *(
        Same(f"written: {word}", Call(flags=word))
        for word in (
            "-w out.yaml",
            "-w out.yml",
            "-w out.json",
            "-w out",
            "-w out.txt",
            "--sealed-secret-file out.yaml",
            "-w out.json -o yaml",
            "-w out.txt -o yaml",
            "-w out.yaml -o json",
            "-w out.yml -o json",
        )
    ),
    Same("a file over itself", Call(flags="-f s.yaml -w s.yaml", files={"s.yaml": MANIFEST})),
    Same("a file over another", Call(flags="-w out.yaml", files=_OLD)),
    Same("many to a file", Call(flags="-w out.yaml", stdin=f"{MANIFEST}---\n{OTHER}")),
    Same("many to a file of JSON", Call(flags="-w out.json", stdin=f"{MANIFEST}---\n{OTHER}")),
)

REFUSED: Final = (
    Refused(
        "an old file where sealing fails",
        Call(flags="-w out.yaml", files=_OLD, stdin=NO_NAME),
        "missing metadata.name in input Secret",
        "missing metadata.name in input Secret",
    ),
    Refused(
        "an old file where a second Secret fails",
        Call(flags="-w out.yaml", files=_OLD, stdin=f"{MANIFEST}---\n{NO_NAME}"),
        "missing metadata.name in input Secret",
        "missing metadata.name in input Secret",
    ),
    Refused(
        "an old file where nothing is given",
        Call(flags="-w out.yaml", files=_OLD, stdin=""),
        "no secrets found. Ensure the input is valid and UTF-8 encoded",
        "there is no Secret in the input",
    ),
)

DIFFERS: Final = (
    Differs(
        "exit-codes",
        "the exit code of input that cannot be used",
        Call(stdin=NO_NAME, is_child=True),
        lambda result: result.code,
        1,
        2,
    ),
    Differs(
        "exit-codes",
        "the exit code of a file that cannot be written",
        Call(flags="-w nowhere/out.yaml"),
        lambda result: result.code,
        1,
        3,
    ),
    Differs(
        "messages",
        "what an error looks like",
        Call(stdin=NO_NAME, is_child=True),
        lambda result: result.stderr,
        "error: missing metadata.name in input Secret\n",
        "gitopskit: error: missing metadata.name in input Secret - -:1:1\n"
        "gitopskit: hint: add `metadata.name`, or give --name\n",
    ),
    Differs(
        "messages",
        "the format nonsense",
        Call(flags="-o nonsense"),
        told,
        "unsupported output format: nonsense",
        "invalid value for '--format' / '-o': this is not one of 'json', 'yaml'",
    ),
    Differs(
        "yaml-suffix", "a suffix in capitals", Call(flags="-w out.YAML"), _format, "JSON", "YAML"
    ),
    Differs(
        "file-mode", "the mode of a new file", Call(flags="-w out.yaml"), _mode, "0o600", "0o644"
    ),
    Differs(
        "file-mode",
        "the mode of an old file",
        Call(flags="-w out.yaml", files=_OLD),
        _mode,
        "0o600",
        "0o640",
    ),
    *(
        Differs(
            "links-and-pipes",
            f"written over {name}",
            Call(flags="-w out.yaml", prepare=prepare),
            _kind,
            (code, "a file"),
            ours,
        )
        for name, prepare, code, ours in (
            ("a link", _make_link, 0, (0, "a link")),
            ("a pipe", _make_pipe, 0, (3, "a pipe")),
        )
    ),
    Differs(
        "dash",
        "a dash for standard output",
        Call(flags="-w -"),
        _names_or_file,
        "-",
        ["db"],
    ),
    Differs(
        "key-records",
        "a record of the key",
        Call(),
        lambda result: result.stdout.count("gitopskit.io/sealing-keys"),
        0,
        1,
    ),
    Differs(
        "template-name",
        "the name in the template",
        Call(flags="-o yaml"),
        lambda result: result.stdout.count("name: db\n"),
        2,
        1,
    ),
)

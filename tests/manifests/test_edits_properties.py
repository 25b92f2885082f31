"""Any content, written in any of many styles, edited in many places at once."""

from __future__ import annotations

import copy
import io
import itertools
import json
import re
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    SingleQuotedScalarString,
)

from gitopskit.errors import MalformedDocument
from gitopskit.manifests.documents import read_values
from gitopskit.manifests.edit import REMOVED, Edit, Pointer, apply_edits
from gitopskit.manifests.write import dump_documents, dump_json

if TYPE_CHECKING:
    from collections.abc import Callable

_USUAL_LINES = st.characters(exclude_characters="\a\x85\u2028\u2029", codec="utf-8")
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.text(_USUAL_LINES, max_size=12)
    | st.text(alphabet="ab c\n#:-", max_size=16)
)
_NAMES = st.text(alphabet="abyn1.-_/ '\":#", min_size=1, max_size=6)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_CONTENTS = st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=5)


@st.composite
def _ruamel(draw: st.DrawFn, *, is_plain: bool = False) -> Callable[[Any], str]:
    """Return a writer of one document with an indentation, a width and quotes of its own."""
    yaml = YAML()
    offset = draw(st.integers(0, 3))
    yaml.indent(mapping=draw(st.integers(1, 6)), sequence=offset + 2, offset=offset)
    yaml.width = draw(st.sampled_from([20, 80, 4096]))
    yaml.default_flow_style = draw(st.sampled_from([False, False, None]))
    yaml.allow_unicode = draw(st.booleans())
    kinds: list[Callable[[str], str]] = [str, SingleQuotedScalarString, DoubleQuotedScalarString]
    kinds += [] if is_plain else [LiteralScalarString, FoldedScalarString]
    kind_of = draw(st.randoms(use_true_random=False))

    def styled(value: Any) -> Any:  # noqa: ANN401 -- any JSON
        if isinstance(value, dict):
            return {name: styled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [styled(each) for each in value]
        return kind_of.choice(kinds)(value) if isinstance(value, str) else value

    def write(content: Any) -> str:  # noqa: ANN401 -- any JSON
        stream = io.StringIO()
        yaml.dump(styled(content), stream)
        return stream.getvalue()

    return write


def _one_document(content: Any) -> str:  # noqa: ANN401 -- any JSON
    return dump_documents([content])


def _flow(content: Any) -> str:  # noqa: ANN401 -- any JSON
    return json.dumps(content, separators=(",", ":")) + "\n"


def _tabbed(content: Any) -> str:  # noqa: ANN401 -- any JSON
    return json.dumps(content, indent="\t") + "\n"


_WRITERS = st.sampled_from([_one_document, dump_json, _flow, _tabbed]) | _ruamel()


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Return a text of one to three documents, each in a style of its own."""
    contents = draw(st.lists(_CONTENTS, min_size=1, max_size=3))
    written = [draw(_WRITERS)(content) for content in contents]
    text = "---\n".join(each if each.endswith("\n") else each + "\n" for each in written)
    text = draw(st.sampled_from(["", "---\n", "\ufeff", "# head\n"])) + text
    if draw(st.booleans()) and "\r" not in text:
        text = text.replace("\n", "\r\n")
    has_block_scalars = "|" in text or ">" in text  # which an added line would end otherwise
    return text if has_block_scalars or draw(st.booleans()) else text.rstrip("\r\n")


def _places(value: Any, pointer: Pointer = ()) -> list[Pointer]:  # noqa: ANN401 -- any JSON
    """Return the pointers of all parts of a value, and of a new one in each collection."""
    if isinstance(value, dict):
        keys: list[str | int] = [*value, "new"]
    elif isinstance(value, list):
        keys = [*range(len(value) + 1)]
    else:
        return []
    return [
        found
        for key in keys
        for found in (
            (*pointer, key),
            *(_places(value[key], (*pointer, key)) if _has(value, key) else ()),
        )
    ]


def _has(value: Any, key: str | int) -> bool:  # noqa: ANN401 -- any JSON
    return key in value if isinstance(value, dict) else int(key) < len(value)


def _found(content: Any, pointer: Pointer) -> bool:  # noqa: ANN401 -- any JSON
    for part in pointer:
        if not _has(content, part):
            return False
        content = content[part]
    return True


@st.composite
def _edits(
    draw: st.DrawFn,
    document: int,
    content: Any,  # noqa: ANN401 -- any JSON
    *,
    values: st.SearchStrategy[Any] = _VALUES,
) -> list[Edit]:
    """Return edits of a document, none inside another."""
    chosen: list[Pointer] = []
    for pointer in draw(st.lists(st.sampled_from(_places(content)), max_size=6, unique=True)):
        if not any(_overlap(pointer, other) for other in chosen):
            chosen.append(pointer)
    return [
        Edit(
            document=document,
            pointer=pointer,
            value=draw(values | st.just(REMOVED) if _found(content, pointer) else values),
        )
        for pointer in chosen
    ]


def _overlap(one: Pointer, other: Pointer) -> bool:
    return one[: len(other)] == other or other[: len(one)] == one


def _apply(content: Any, edits: list[Edit]) -> Any:  # noqa: ANN401 -- any JSON
    """Return what the edits of a document must give; removals last, so that indices stay."""
    content = copy.deepcopy(content)
    removed = []
    for edit in edits:
        parent = content
        for part in edit.pointer[:-1]:
            parent = parent[part]
        if edit.value is REMOVED:
            removed.append((parent, edit.pointer[-1]))
        elif isinstance(parent, list) and edit.pointer[-1] == len(parent):
            parent.append(edit.value)
        else:
            parent[edit.pointer[-1]] = edit.value
    for parent, part in sorted(removed, key=lambda each: str(each[1]).zfill(9), reverse=True):
        del parent[part]
    return content


@given(st.data())
def test_many_edits_change_what_they_say_and_nothing_else(data: st.DataObject) -> None:
    text = data.draw(_texts())
    try:
        documents = read_values(text, path="x")
    except MalformedDocument:  # ruamel.yaml writes what YAML 1.2 allows
        return
    edits = {each.index: data.draw(_edits(each.index, each.content)) for each in documents}

    edited = apply_edits(text, [edit for some in edits.values() for edit in some])

    expected = [_apply(document.content, edits[document.index]) for document in documents]
    assert [document.content for document in read_values(edited, path="x")] == expected


_TREES = st.recursive(
    st.none(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3).map(lambda values: dict(enumerate(values)))
    ),
    max_leaves=10,
)


def _numbered(tree: Any, number: Callable[[], int]) -> Any:  # noqa: ANN401 -- any JSON
    """Return a tree in which each name and each value is a word of its own."""
    if isinstance(tree, dict):
        return {f"k{number():03}": _numbered(each, number) for each in tree.values()}
    if isinstance(tree, list):
        return [_numbered(each, number) for each in tree]
    return f"v{number():03}"


def _words(value: Any) -> set[str]:  # noqa: ANN401 -- any JSON
    """Return the names and values in a value."""
    return set(re.findall(r"\b[kv]\d{3}\b", json.dumps(value)))


@st.composite
def _commented(draw: st.DrawFn, text: str) -> str:
    """Return a text with comments at the ends of lines and between them, its content the same."""
    lines = text.splitlines(keepends=True)
    content = [document.content for document in read_values(text, path="x")]
    for number, place in enumerate(draw(st.lists(st.integers(0, 40), max_size=8))):
        index = min(place, len(lines) - 1)
        row = lines[index]
        end = row[len(row.rstrip("\r\n")) :]
        tail = [f"{row.rstrip()} # c{number}c{end}"]
        below = [row, f"{draw(st.sampled_from(['', '  ', '    ']))}# c{number}c{end}"]
        changed = [*lines[:index], *draw(st.sampled_from([tail, below])), *lines[index + 1 :]]
        try:
            documents = read_values("".join(changed), path="x")
        except MalformedDocument:
            continue
        if [document.content for document in documents] == content:
            lines = changed
    return "".join(lines)


def _bare(line: str) -> str:
    """Return a line without what may change when something beside it does."""
    line = re.sub(r"^[\s-]+", "", line)
    return re.sub(r"[\s,{}\[\]]*(?= #|$)", "", line.rstrip())


def _at(content: Any, pointer: Pointer) -> Any:  # noqa: ANN401 -- any JSON
    for part in pointer:
        content = content[part] if _has(content, part) else None
    return content


def _in_flow(lines: list[str]) -> set[int]:
    """Return the numbers of lines that hold several values, so that any edit may be about them."""
    found: set[int] = set()
    depth = 0
    for number, line in enumerate(lines):
        if depth or re.search(r"[\[{].*[kv]\d", line):
            found.add(number)
            depth += len(re.findall(r"[\[{]", line)) - len(re.findall(r"[\]}]", line))
    return found


def _untouched(lines: list[str], content: Any, edits: list[Edit]) -> list[str]:  # noqa: ANN401 -- any JSON
    """Return the lines that no edit is about, from the first word of its value to the last."""
    touched = _in_flow(lines)
    for edit in edits:
        words = _words([_at(content, edit.pointer), *edit.pointer[-1:]])
        own = [n for n, line in enumerate(lines) if words & _words(line.partition(" #")[0])]
        touched.update(range(min(own), max(own) + 1) if own else ())
    return [bare for n, line in enumerate(lines) if n not in touched and (bare := _bare(line))]


@given(st.data())
def test_lines_and_comments_that_no_edit_is_about_stay(data: st.DataObject) -> None:
    number = itertools.count()
    tree = data.draw(_TREES.filter(lambda tree: tree is not None))
    content = _numbered(tree, lambda: next(number))
    write = data.draw(st.sampled_from([_one_document, dump_json]) | _ruamel(is_plain=True))
    text = write(content) if write is dump_json else data.draw(_commented(write(content)))
    edits = data.draw(_edits(0, content, values=st.sampled_from(["new", {"new": "new"}, ["new"]])))

    edited = apply_edits(text, edits)

    came = iter([_bare(line) for line in edited.splitlines()])
    assert [
        line for line in _untouched(text.splitlines(), content, edits) if line not in came
    ] == []
    assert [each.content for each in read_values(edited, path="x")] == [_apply(content, edits)]

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.unsealer.contents import SEEN, Contents, keep_secret
from gitopskit.unsealer.records import Key, Mark, Seen

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

KEY = Key("shop", "db")


def sealed(name: str = "db", *, version: str = "1", size: int = 10) -> JsonObject:
    return {
        "metadata": {"namespace": "shop", "name": name, "uid": "u", "resourceVersion": version},
        "spec": {"encryptedData": {"a": "x" * size}},
    }


def test_what_came_is_kept_without_what_is_sealed_and_held_whole() -> None:
    contents = Contents()

    kept = contents.keep(sealed())

    assert kept == {
        "metadata": {"namespace": "shop", "name": "db"},
        SEEN: Seen.of(sealed()),
    }
    assert contents.take(KEY, "1") == sealed()
    assert contents.take(KEY, "1") is None


def test_another_version_is_not_handed_out() -> None:
    contents = Contents()
    contents.keep(sealed())

    assert contents.take(KEY, "2") is None
    assert len(contents) == 0


def test_a_later_version_takes_the_place_of_an_earlier_one() -> None:
    contents = Contents()
    for version in "12":
        contents.keep(sealed(version=version))

    assert len(contents) == 1
    assert contents.take(KEY, "2") == sealed(version="2")


def test_what_does_not_fit_is_not_held() -> None:
    contents = Contents(most_bytes=20_000)
    contents.keep(sealed(size=10_000))
    contents.keep(sealed("large", size=10_000))
    contents.drop(KEY)
    contents.keep(sealed("small", size=10_000))

    assert contents.take(Key("shop", "large"), "1") is None
    assert contents.take(Key("shop", "small"), "1") is not None


def test_who_manages_fields_is_not_held() -> None:
    content = sealed()
    content["metadata"]["managedFields"] = [{}]
    contents = Contents()
    contents.keep(content)

    assert contents.take(KEY, "1") == sealed()


def test_an_odd_object_is_left_as_it_is() -> None:
    odd: JsonObject = {"metadata": {"name": "odd"}}

    assert Contents().keep(odd) is odd
    assert keep_secret(odd) is odd


def test_of_a_secret_only_its_mark_and_evidence_are_kept() -> None:
    content = {**sealed(), "data": {"a": "secret"}}

    kept = keep_secret(content)

    assert kept[SEEN] == (Mark("u", "1"), 0)
    assert "secret" not in str(kept)

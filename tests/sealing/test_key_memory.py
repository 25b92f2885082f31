from __future__ import annotations

from gitopskit.sealing.key_memory import KeyMemory


def test_the_key_of_an_envelope_is_remembered() -> None:
    memory = KeyMemory()
    memory.remember(b"blob", "SHA256:a")

    assert memory.recall(b"blob") == "SHA256:a"
    assert memory.recall(b"other") == ""


def test_what_was_not_seen_for_longest_goes_first() -> None:
    memory = KeyMemory(most=2)
    for blob in (b"1", b"2", b"1", b"3"):
        memory.remember(blob, "SHA256:a")

    assert len(memory) == 2
    assert memory.recall(b"2") == ""
    assert memory.recall(b"1") == memory.recall(b"3") == "SHA256:a"

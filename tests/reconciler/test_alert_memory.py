"""The memory of a receiver: the keys of messages, and how it is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.alert_memory import Memory, read_memory, write_memory
from gitopskit.reconciler.alerting import TOPICS, About, Alert, CommitVerdict

ABOUT = About(application="shop")
BEGUN = Alert(about=ABOUT, topic="health", state="firing", message="", told="Degraded")
ENDED = Alert(about=ABOUT, topic="health", state="resolved", message="", told="")
VERDICT = CommitVerdict(about=ABOUT, verdict="success", message="", told="c success")


def told(memory: Memory, *items: Alert) -> list[str]:
    """Have a receiver told, and return the keys of the messages."""
    keys = []
    for item in items:
        keys.append(memory.key_of("shop", item, uid="1"))
        memory.note("shop", item, key=keys[-1])
    return keys


def test_every_message_has_a_key_of_its_own() -> None:
    keys = told(Memory(seed="record"), BEGUN, ENDED, BEGUN, ENDED, BEGUN)

    assert len(set(keys)) == len(keys)


def test_who_goes_on_with_what_was_kept_has_the_same_keys() -> None:
    memory = Memory(seed="record")
    told(memory, BEGUN, ENDED)
    other = read_memory(write_memory(memory))
    other.seed = "record"

    assert told(other, BEGUN, ENDED) == told(memory, BEGUN, ENDED)


def test_another_record_and_another_application_of_the_name_have_other_keys() -> None:
    memory = Memory(seed="record")
    key = memory.key_of("shop", BEGUN, uid="1")

    assert memory.key_of("shop", BEGUN, uid="2") != key
    assert Memory(seed="other").key_of("shop", BEGUN, uid="1") != key


def test_what_is_told_again_is_not_new_and_keeps_its_key() -> None:
    memory = Memory()
    [key] = told(memory, BEGUN)

    is_new = memory.note("shop", BEGUN, key="another")

    assert not is_new
    assert memory.keys == {"shop": {"health": key}}


def test_a_verdict_has_no_key() -> None:
    memory = Memory()

    is_new = memory.note("shop", VERDICT, key="")

    assert is_new
    assert (memory.told, memory.keys) == ({"shop": {"commit": "c success"}}, {})


def test_what_is_gone_is_forgotten_once() -> None:
    memory = Memory()
    told(memory, BEGUN, ENDED)

    assert memory.forget("shop")
    assert not memory.forget("shop")
    assert memory == Memory()


KEYS = st.dictionaries(
    st.from_regex(r"[a-z]+", fullmatch=True),
    st.dictionaries(
        st.sampled_from(TOPICS), st.from_regex(r"[0-9a-f]{32}", fullmatch=True), min_size=1
    ),
)


@given(KEYS)
def test_keys_are_read_as_they_were_written(keys: dict[str, dict[str, str]]) -> None:
    memory = Memory(told={"shop": {"health": "Degraded"}}, keys=keys)

    assert read_memory(write_memory(memory)) == memory


@given(st.text())
def test_a_text_in_any_form_is_read(text: str) -> None:
    found = read_memory(text)

    assert read_memory(write_memory(found)) == found

"""How much of what peers send is held at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitopskit.controller.http_bodies import Bodies, Body, RoomForBodies

ROOM = RoomForBodies(bodies=3, bodies_of_peer=2, size_bytes=10)


def begun(bodies: Bodies, peer: str = "a", *, largest_bytes: int = 8) -> Body:
    body = bodies.begin(peer, largest_bytes=largest_bytes)
    assert body is not None
    return body


def test_a_body_is_what_came_in() -> None:
    body = begun(Bodies(ROOM))

    taken = [body.add(b"ab"), body.add(b""), body.add(b"c")]

    assert (taken, body.content()) == (["taken"] * 3, b"abc")


def test_a_body_may_not_grow_beyond_its_size() -> None:
    body = begun(Bodies(ROOM))

    assert body.add(b"12345678") == "taken"
    assert body.add(b"9") == "too large"


def test_bodies_share_one_room() -> None:
    bodies = Bodies(ROOM)
    first, second = begun(bodies), begun(bodies, "b")

    assert first.add(b"1234567") == "taken"
    assert second.add(b"1234") == "no room"
    assert second.add(b"123") == "taken"


def test_an_ended_body_gives_its_room_back() -> None:
    bodies = Bodies(ROOM)
    first, second = begun(bodies), begun(bodies)
    first.add(b"12345678")
    before = second.add(b"123")

    first.end()

    assert (before, second.add(b"123")) == ("no room", "taken")
    assert bodies.held_bytes == 3


def test_only_so_many_are_held_at_once() -> None:
    bodies = Bodies(ROOM)
    for peer in ("a", "b", "c"):
        begun(bodies, peer)

    assert bodies.begin("d", largest_bytes=8) is None


def test_one_peer_gets_a_part_of_the_places() -> None:
    bodies = Bodies(ROOM)
    first = begun(bodies)
    begun(bodies)

    refused = bodies.begin("a", largest_bytes=8)
    others = bodies.begin("b", largest_bytes=8)
    first.end()
    again = bodies.begin("a", largest_bytes=8)

    assert refused is None
    assert others is not None
    assert again is not None


@given(
    pieces=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 9), st.booleans()), max_size=80
    )
)
def test_the_room_is_never_exceeded_and_always_given_back(
    pieces: list[tuple[str, int, bool]],
) -> None:
    bodies = Bodies(ROOM)
    held: list[Body] = []

    for peer, size, ends in pieces:
        if ends and held:
            held.pop(0).end()
        body = bodies.begin(peer, largest_bytes=8)
        if body is not None:
            held.append(body)
            body.add(bytes(size))
        assert len(held) <= ROOM.bodies
        assert bodies.held_bytes == sum(len(body.content()) for body in held) <= ROOM.size_bytes
    for body in held:
        body.end()

    assert bodies.held_bytes == 0
    assert bodies.begin("a", largest_bytes=8) is not None

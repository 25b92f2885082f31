"""SSH key pairs."""

from __future__ import annotations

import asyncssh
import pytest

from gitopskit.errors import InputError
from gitopskit.generators.ssh import new_ssh_key


def test_the_halves_of_an_ssh_key_belong_together() -> None:
    pair = new_ssh_key("deploy of shop")

    private = asyncssh.import_private_key(pair.private_key.reveal())
    public = asyncssh.import_public_key(pair.public_line)
    assert private.convert_to_public() == public
    assert public.get_algorithm() == "ssh-ed25519"
    assert public.get_comment() == "deploy of shop"


def test_two_ssh_keys_differ() -> None:
    assert new_ssh_key("a").private_key != new_ssh_key("a").private_key


@pytest.mark.parametrize(
    "comment",
    ["", "a\nssh-ed25519 AAAA", "a\x1b[2J", "a\u202eb", "a" * 256],
    ids=["empty", "second line", "escape", "direction", "long"],
)
def test_a_comment_that_is_no_part_of_a_line_is_refused(comment: str) -> None:
    with pytest.raises(InputError) as caught:
        new_ssh_key(comment)

    assert str(caught.value) == "the comment of an SSH key is empty, too long, or not printable"
    assert caught.value.hint == "use 1 to 255 characters without controls and line ends"

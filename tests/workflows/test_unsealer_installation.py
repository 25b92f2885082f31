"""What `unsealer install` is asked for: the flags it leads to, and wishes that do not fit."""

from __future__ import annotations

import pytest

from gitopskit.errors import InputError
from gitopskit.workflows.unsealer_installation import UnsealerInstallation, require_sound


def test_by_itself_the_unsealer_needs_no_flag() -> None:
    assert UnsealerInstallation().arguments == []


def test_what_differs_from_the_default_is_a_flag_of_the_command() -> None:
    wanted = UnsealerInstallation(
        mode="namespaces",
        watch_namespaces=("shop", "web"),
        watches_secrets=False,
        drift="report",
        requires_key_backup=True,
    )

    assert wanted.arguments == [
        "--watch-namespace=shop",
        "--watch-namespace=web",
        "--no-secret-watch",
        "--drift=report",
        "--require-key-backup",
    ]


def test_a_selector_is_handed_on() -> None:
    wanted = UnsealerInstallation(namespace_selector="team=web")

    assert wanted.arguments == ["--watch-namespace-selector=team=web"]


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(UnsealerInstallation(), id="defaults"),
        pytest.param(
            UnsealerInstallation(mode="namespaces", watch_namespaces=("shop",)), id="listed"
        ),
        pytest.param(UnsealerInstallation(namespace_selector="team=web"), id="selected"),
        pytest.param(
            UnsealerInstallation(mode="namespaces", namespace_selector="team=web"),
            id="selected-roles",
        ),
        pytest.param(
            UnsealerInstallation(
                mode="namespaces", watch_namespaces=("shop",), namespace_selector="team=web"
            ),
            id="listed-and-selected",
        ),
        pytest.param(UnsealerInstallation(cert_readers=("developers",)), id="readers"),
    ],
)
def test_sound_wishes_are_accepted(wanted: UnsealerInstallation) -> None:
    require_sound(wanted)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        pytest.param(
            UnsealerInstallation(namespace="Kube"), "namespace of the unsealer", id="namespace"
        ),
        pytest.param(UnsealerInstallation(service="a/b"), "name of the Service", id="service"),
        pytest.param(
            UnsealerInstallation(mode="namespaces", watch_namespaces=("*",)),
            "namespace to watch",
            id="watched",
        ),
        pytest.param(
            UnsealerInstallation(watch_namespaces=("a",)), "of a whole cluster", id="too-far"
        ),
        pytest.param(
            UnsealerInstallation(mode="namespaces"), "nothing says which", id="which-namespaces"
        ),
        pytest.param(UnsealerInstallation(cert_readers=(" ",)), "is empty", id="empty-group"),
    ],
)
def test_wishes_that_do_not_fit_are_refused(wanted: UnsealerInstallation, words: str) -> None:
    with pytest.raises(InputError, match=words):
        require_sound(wanted)


@pytest.mark.parametrize("group", ["system:authenticated", "system:unauthenticated"])
def test_not_everybody_becomes_a_reader_of_the_certificate(group: str) -> None:
    with pytest.raises(InputError, match="is everybody who reaches the API server") as caught:
        require_sound(UnsealerInstallation(cert_readers=("developers", group)))

    assert "name a group of people" in caught.value.hint

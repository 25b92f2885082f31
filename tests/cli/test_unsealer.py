"""``gitopskit unsealer run``: what a command line makes of it before a cluster is asked."""

from __future__ import annotations

import pytest

from gitopskit.cli import app as frame
from gitopskit.cli import unsealer
from gitopskit.controller.http import Address


def test_run_without_a_cluster_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["unsealer", "run", "--context", "nowhere"]) == 3

    printed = capsys.readouterr().err
    assert "gitopskit: error: " in printed
    assert "gitopskit: hint: " in printed


@pytest.mark.parametrize("flag", ["--listen", "--listen-metrics"])
def test_where_to_listen_is_checked_first(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["unsealer", "run", flag, "here"]) == 2

    assert "`here` is no address to listen on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("namespace", "address"),
    [("", Address(host="127.0.0.1", port=0)), ("kube-system", Address(port=8080))],
    ids=["elsewhere", "in a pod"],
)
def test_outside_a_pod_nothing_is_offered_to_the_network(
    monkeypatch: pytest.MonkeyPatch, namespace: str, address: Address
) -> None:
    monkeypatch.setenv("POD_NAMESPACE", namespace)

    assert unsealer.address_of("", in_pod=Address(port=8080)) == address
    assert unsealer.address_of("[::1]:80", in_pod=Address(port=8080)) == Address(
        host="::1", port=80
    )

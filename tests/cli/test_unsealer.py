"""``gitopskit unsealer run``: what a command line makes of it before a cluster is asked."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

import pytest

from gitopskit.cli import app as frame
from gitopskit.cli import unsealer, unsealer_flags
from gitopskit.controller.http import Address
from gitopskit.unsealer.key_life import KeyLifeOptions
from gitopskit.unsealer.options import UnsealerOptions


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--key-ttl", "soon"], "`soon` is no duration - --key-ttl"),
        (["--key-renew-period", "9e9h"], "is no duration - --key-renew-period"),
        (["--key-renew-period", "9999999999999h"], "is no duration - --key-renew-period"),
        (["--key-cutoff-time", "soon"], "`soon` is no moment - --key-cutoff-time"),
        (["--key-cutoff-time", "Mon, 01 Jun 2026 12:00:00"], "is no moment"),
        (["--key-cutoff-time", "Fri, 31 Dec 9999 23:59:59 -1200"], "is no moment"),
        (["--key-ttl", "1h"], "valid for longer"),
        (["--key-ttl", "90000000h"], "a thousand years"),
        (["--watch-namespace", "A_b"], "--watch-namespace 'A_b' is not a DNS name"),
        (["--key-prefix", "A_b"], "--key-prefix"),
    ],
)
def test_flags_that_make_no_sense_are_told_before_a_cluster_is_asked(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["unsealer", "run", *arguments]) == 2

    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "hours"), [("720h", 720), ("720h0m0s", 720), ("90m", 1.5), ("0", 0)]
)
def test_durations_are_written_as_go_does(text: str, hours: float) -> None:
    assert unsealer_flags.duration_of(text, flag="--x") == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    ["2026-06-01T12:00:00Z", "Mon, 01 Jun 2026 14:00:00 +0200", "2026-06-01T14:00:00+02:00"],
)
def test_moments_are_written_in_two_ways(text: str) -> None:
    moment = datetime(2026, 6, 1, 12, tzinfo=UTC)

    assert unsealer_flags.moment_of(text, flag="--x") == moment
    assert unsealer_flags.moment_of("", flag="--x") is None


def test_a_flag_that_is_left_out_means_what_the_options_say() -> None:
    options, life = UnsealerOptions(), KeyLifeOptions()
    parameters = inspect.signature(unsealer.run).parameters
    told = {
        "workers": options.workers,
        "drift": options.drift,
        "allow_token_secrets": options.allows_token_secrets,
        "secret_watch": options.watched.watches_secrets,
        "key_size": life.size_bits,
        "key_prefix": life.prefix,
        "key_order_priority": life.order,
        "require_key_backup": life.requires_backup,
    }
    durations = {"key_renew_period": life.renew_period, "key_ttl": life.lifetime}

    assert {name: parameters[name].default for name in told} == told
    assert {
        name: unsealer_flags.duration_of(parameters[name].default, flag=name) for name in durations
    } == durations


def test_a_namespace_that_is_named_twice_is_watched_once() -> None:
    assert unsealer_flags.names_of(["b", "a", "b"], flag="--x") == ("b", "a")

"""Who is told of trouble, and which descriptions of them are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.reconciler.alert_receivers import MOST_RECEIVERS, parse_receivers
from gitopskit.reconciler.alerting import TOPICS
from tests.support.alerting import parsed, receiver

SLACK_URL = "https://hooks.example.com/canary-s1ack"
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def test_nothing_is_told_where_nobody_is_named() -> None:
    assert parse_receivers(None, None).known == {}
    assert parse_receivers({"metadata": {}}, {"metadata": {}}).known == {}


def test_the_url_of_a_channel_comes_from_the_secret_and_is_not_shown() -> None:
    found = receiver("kind: slack", {"team.url": f"{SLACK_URL}\n"})

    assert found.url.reveal() == SLACK_URL.encode()
    assert found.topics == frozenset(TOPICS)
    assert "canary" not in repr(found)


def test_a_receiver_is_told_of_what_it_names() -> None:
    found = receiver(
        "{kind: webhook, url: 'http://in.example.com', applications: ['shop-*', one],"
        " projects: [shops], topics: [sync, guard]}"
    )

    assert found.topics == {"sync", "guard"}
    assert found.covers("shop-web", "shops")
    assert found.covers("one", "shops")
    assert not found.covers("other", "shops")
    assert not found.covers("one", "others")


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("kind: github", "https://api.github.com", "github.com"),
        (
            "{kind: github, host: ghe.example.com}",
            "https://ghe.example.com/api/v3",
            "ghe.example.com",
        ),
        ("kind: gitlab", "https://gitlab.com/api/v4", "gitlab.com"),
        (
            "{kind: gitlab, host: git.example.com, api: 'https://api.example.com/v4'}",
            "https://api.example.com/v4",
            "git.example.com",
        ),
    ],
)
def test_the_api_of_a_forge_is_known(text: str, url: str, host: str) -> None:
    found = receiver(text, {"team.token": "canary-t0ken"})

    assert (found.url.reveal().decode(), found.host) == (url, host)
    assert found.is_forge


def test_only_alertmanager_has_to_hear_of_trouble_again() -> None:
    repeated = receiver("{kind: alertmanager, url: 'http://alerts.example.com:9093'}")

    assert repeated.wants_repeats
    assert not receiver("{kind: webhook, url: 'http://a.example.com'}").wants_repeats


@pytest.mark.parametrize(
    ("text", "secrets", "problem"),
    [
        ("kind: pager", {}, "must be one of slack, webhook"),
        ("kind: slack", {}, "there is no URL to send to"),
        (f"{{kind: slack, url: '{SLACK_URL}'}}", {}, "belongs into the Secret"),
        ("kind: slack", {"team.url": "http://hooks.example.com/x"}, "by https only"),
        ("kind: github", {}, "has no item team.token"),
        (
            "{kind: gitlab, api: 'http://git.example.com/api/v4'}",
            {"team.token": "t"},
            "by https only",
        ),
        ("{kind: github, host: 'a/b'}", {"team.token": "t"}, "the name of a host"),
        ("{kind: webhook, url: 'http://a.example.com'}", {"team.token": "t"}, "by https only"),
        ("{kind: webhook, url: 'ftp://a.example.com'}", {}, "there is no URL"),
        ("{kind: webhook, url: 'https://me:pw@a.example.com'}", {}, "there is no URL"),
        ("{kind: webhook, url: 'https://a.example.com/#x'}", {}, "there is no URL"),
        ("{kind: webhook, url: 'https://[a'}", {}, "there is no URL"),
        ("{kind: webhook, url: 'https://a.example.com:99999'}", {}, "there is no URL"),
        ("{kind: webhook, url: 'https://a.example.com'}", {"team.hmac": "short"}, "16 bytes"),
        ("{kind: webhook, url: 'https://a.example.com'}", {"team.token": "a\nb"}, "plain text"),
        ("{kind: webhook, url: 'https://a.example.com', ca: x}", {}, "no certificate"),
        ("{kind: webhook, url: 'https://a.example.com', topics: [all]}", {}, "may have sync"),
        ("{kind: webhook, url: 'https://a.example.com', retry: 1}", {}, "retry is not known"),
        ("[]", {}, "a receiver is a mapping"),
        ("{", {}, "ConfigMap/gitopskit-alerts team"),
    ],
)
def test_what_cannot_work_is_refused(text: str, secrets: dict[str, str], problem: str) -> None:
    found = parsed(text, secrets)

    assert found.known == {}
    [error] = found.problems
    assert isinstance(error, InputError)
    assert problem in str(error)
    assert "canary" not in str(error)
    assert "pw@" not in str(error)


def test_an_item_that_is_no_base64_is_refused() -> None:
    secret = {"data": {"team.url": "%"}}

    assert "team.url" in str(parse_receivers({"data": {"team": "kind: slack"}}, secret).problems)


def test_one_that_is_refused_leaves_the_others() -> None:
    good = "{kind: webhook, url: 'https://a.example.com', ca: " + repr(PEM).replace("'", '"') + "}"
    found = parse_receivers({"data": {"Bad": "kind: slack", "good": good}}, None)

    assert set(found.known) == {"good"}
    assert "small letters" in str(found.problems[0])


def test_their_number_is_bounded() -> None:
    text = "{kind: webhook, url: 'https://a.example.com'}"
    data = {f"r{number}": text for number in range(MOST_RECEIVERS + 1)}

    found = parse_receivers({"data": data}, None)

    assert len(found.known) == MOST_RECEIVERS
    assert len(found.problems) == 1


@given(st.text(), st.text())
def test_whatever_stands_there_it_is_read_or_refused(text: str, value: str) -> None:
    found = parse_receivers({"data": {"team": text}}, {"data": {"team.url": value}})

    assert len(found.known) + len(found.problems) == 1

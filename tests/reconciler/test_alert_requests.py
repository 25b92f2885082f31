"""In which form each kind of receiver is told."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.reconciler.alert_requests import Outgoing, request_of
from gitopskit.reconciler.alerting import About, Alert, CommitVerdict
from tests.support.alerting import receiver

if TYPE_CHECKING:
    from gitopskit.reconciler.alert_receivers import Receiver
    from gitopskit.reconciler.alerting import State

AT = datetime(2026, 11, 26, 1, 2, 3, tzinfo=UTC)
COMMIT = "a" * 40
ABOUT = About(
    application="shop",
    project="shops",
    namespace="prod-shop",
    repository="https://git.example.com/team/shop.git",
    url="https://git.example.com/team/shop.git",
    revision=COMMIT,
)
WEBHOOK = "{kind: webhook, url: 'https://in.example.com/alerts'}"
KEY = "canary-hmac-key-1"
KEY_OF_IT = "1f" * 16


def alert(state: State = "firing", message: str = "Pod web does not start") -> Alert:
    return Alert(about=ABOUT, topic="health", state=state, message=message, told="Degraded")


def told(to: Receiver, item: Alert | CommitVerdict) -> tuple[Outgoing, Any]:
    request = request_of(to, item, at=AT, key=KEY_OF_IT)
    assert request is not None
    return request, json.loads(request.body)


def test_slack_is_told_in_words() -> None:
    to = receiver("kind: slack", {"team.url": "https://hooks.example.com/x"})

    request, content = told(to, alert(message="<!channel> & more"))

    assert content == {
        "text": "*shop: it is degraded*\n&lt;!channel&gt; &amp; more\n"
        f"https://git.example.com/team/shop.git {COMMIT[:12]}"
    }
    assert request.url.reveal() == b"https://hooks.example.com/x"


def test_slack_is_told_that_it_is_over() -> None:
    to = receiver("kind: slack", {"team.url": "https://hooks.example.com/x"})
    over = Alert(
        about=About(application="shop"), topic="health", state="resolved", message="", told=""
    )

    assert told(to, over)[1] == {"text": "*shop: health is over*"}


def test_a_webhook_gets_a_cloud_event() -> None:
    request, event = told(receiver(WEBHOOK), alert())

    assert request.headers["Content-Type"] == "application/cloudevents+json"
    assert event.pop("id")
    assert event == {
        "specversion": "1.0",
        "type": "io.gitopskit.application.health.firing",
        "source": "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop",
        "subject": "shop",
        "time": "2026-11-26T01:02:03Z",
        "datacontenttype": "application/json",
        "data": {
            "application": "shop",
            "project": "shops",
            "namespace": "prod-shop",
            "repository": "https://git.example.com/team/shop.git",
            "revision": COMMIT,
            "topic": "health",
            "state": "firing",
            "message": "Pod web does not start",
        },
    }


def test_an_attempt_that_is_repeated_by_another_one_has_the_same_id() -> None:
    to = receiver(WEBHOOK)
    first, again = told(to, alert())[1], told(to, alert())[1]
    request = request_of(to, alert(), at=AT + timedelta(seconds=5), key=KEY_OF_IT)
    assert request is not None

    assert first == again
    assert json.loads(request.body)["id"] == first["id"] == KEY_OF_IT


def test_a_body_is_signed_where_a_key_is_shared() -> None:
    request, _ = told(receiver(WEBHOOK, {"team.hmac": KEY}), alert())

    digest = hmac.new(KEY.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Gitopskit-Signature-256"] == f"sha256={digest}"


def test_a_token_is_a_header_that_is_not_shown() -> None:
    request, _ = told(receiver(WEBHOOK, {"team.token": "canary-t0ken"}), alert())

    assert request.secret_headers["Authorization"].reveal() == b"Bearer canary-t0ken"
    assert "canary" not in repr(request)


@pytest.mark.parametrize(
    ("state", "ends"), [("firing", "2026-11-26T01:12:03Z"), ("resolved", "2026-11-26T01:02:03Z")]
)
def test_alertmanager_is_told_until_when(state: State, ends: str) -> None:
    to = receiver("{kind: alertmanager, url: 'http://alerts.example.com:9093/base/'}")

    request, [content] = told(to, alert(state))

    assert request.url.reveal() == b"http://alerts.example.com:9093/base/api/v2/alerts"
    assert content["endsAt"] == ends
    assert content["labels"] == {
        "alertname": "GitopskitApplication",
        "application": "shop",
        "topic": "health",
        "severity": "warning",
        "project": "shops",
    }
    assert content["annotations"]["description"] == "Pod web does not start"


def test_an_application_that_is_gone_has_no_project() -> None:
    to = receiver("{kind: alertmanager, url: 'http://alerts.example.com:9093'}")
    over = Alert(
        about=About(application="shop"), topic="health", state="resolved", message="", told=""
    )

    assert "project" not in told(to, over)[1][0]["labels"]


def verdict(url: str = ABOUT.url, *, is_good: bool = True, message: str = "well") -> CommitVerdict:
    which = About(application="shop", revision=COMMIT, url=url)
    return CommitVerdict(
        about=which, verdict="success" if is_good else "failure", message=message, told="x"
    )


@pytest.mark.parametrize(
    "url",
    [ABOUT.url, "git@git.example.com:team/shop.git", "ssh://git@git.example.com:2222/team/shop"],
)
def test_github_gets_a_status_of_the_commit(url: str) -> None:
    to = receiver("{kind: github, host: git.example.com}", {"team.token": "t"})

    request, content = told(to, verdict(url, is_good=False, message="x" * 200))

    path = f"/api/v3/repos/team/shop/statuses/{COMMIT}"
    assert request.url.reveal().decode() == f"https://git.example.com{path}"
    assert content["state"] == "failure"
    assert content["context"] == "gitopskit/shop"
    assert len(content["description"]) == 140


def test_gitlab_gets_a_status_of_the_commit() -> None:
    to = receiver("{kind: gitlab, host: git.example.com}", {"team.token": "t"})

    request, content = told(to, verdict(is_good=False))

    path = f"/api/v4/projects/team%2Fshop/statuses/{COMMIT}"
    assert request.url.reveal().decode() == f"https://git.example.com{path}"
    assert content == {"state": "failed", "name": "gitopskit/shop", "description": "well"}
    assert told(to, verdict())[1]["state"] == "success"


@pytest.mark.parametrize(
    "url", ["https://other.example.com/team/shop.git", "https://git.example.com", "no URL"]
)
def test_a_forge_is_told_of_its_own_repositories_alone(url: str) -> None:
    to = receiver("{kind: github, host: git.example.com}", {"team.token": "t"})

    assert request_of(to, verdict(url), at=AT, key=KEY_OF_IT) is None

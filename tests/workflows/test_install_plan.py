"""What bootstrap decides for one object."""

from typing import Any

import pytest

from gitopskit.workflows.first_objects import MANAGED_BY
from gitopskit.workflows.install_plan import decide, has_refusal, put_off


def _object(kind: str = "ConfigMap", *, is_ours: bool = True, **extra: Any) -> dict[str, Any]:  # noqa: ANN401 -- any field of a Kubernetes object
    labels = dict(MANAGED_BY) if is_ours else {}
    metadata = {"name": "a", "namespace": "b", "labels": labels, "resourceVersion": "7"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **extra}


def test_what_is_absent_is_created() -> None:
    assert decide(_object(), None, None).action == "create"


def test_what_a_dry_run_would_not_change_is_unchanged() -> None:
    live = _object(data={"k": "v"}, status={"seen": True})
    dry_run = _object(data={"k": "v"})
    dry_run["metadata"]["managedFields"] = [{"manager": "gitopskit-bootstrap"}]

    assert decide(_object(), live, dry_run).action == "unchanged"


def test_what_a_dry_run_would_change_is_updated() -> None:
    step = decide(_object(), _object(data={"k": "v"}), _object(data={"k": "w"}))

    assert step.action == "update"
    assert step.line == "update    ConfigMap/b/a"


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("CustomResourceDefinition", "keep"),
        ("Namespace", "keep"),
        ("ClusterRole", "refuse"),
        ("Secret", "refuse"),
    ],
)
def test_what_somebody_else_installed_is_never_replaced(kind: str, action: str) -> None:
    step = decide(_object(kind), _object(kind, is_ours=False), None)

    assert step.action == action
    assert has_refusal((step,)) == (action == "refuse")


def test_what_has_no_namespace_yet_is_left_for_a_later_run() -> None:
    step = put_off(_object())

    assert step.action == "later"
    assert step.line.startswith("later     ConfigMap/b/a  (its namespace is not there yet")


def test_a_step_never_shows_the_object() -> None:
    step = decide(_object("Secret", data={"password": "aHVudGVyMg=="}), None, None)

    assert "aHVudGVyMg==" not in repr(step)


def test_a_root_that_would_look_elsewhere_says_from_where_to_where() -> None:
    live = _object("Application", spec={"source": {"repoURL": "https://a/x.git", "path": "p"}})
    wanted = _object("Application", spec={"source": {"repoURL": "https://b/y.git", "path": "p"}})

    step = decide(wanted, live, wanted)

    assert step.line.endswith("(repoURL https://a/x.git -> https://b/y.git)")

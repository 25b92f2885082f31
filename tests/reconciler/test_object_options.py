"""What objects ask of a sync, read from their annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import names, object_options
from gitopskit.reconciler.object_options import (
    ANNOTATIONS,
    COMPARE_OPTIONS,
    NOT_YET,
    ObjectOptions,
    deletion_options,
    read_options,
)

if TYPE_CHECKING:
    from gitopskit.reconciler.object_options import Phase

OPTIONS = names.SYNC_OPTIONS_ANNOTATION
HOOK = names.HOOK_ANNOTATION
HELM = names.HELM_HOOK_ANNOTATION
KEEP = names.HELM_POLICY_ANNOTATION
DEPENDS = names.OBJECT_DEPENDS_ON_ANNOTATION


def problems(annotations: dict[str, str]) -> list[str]:
    """Return the problems that stay when all that is read is acted upon."""
    return [it for it in read_options(annotations).problems if it not in NOT_YET]


def test_an_object_without_annotations_asks_for_nothing() -> None:
    assert read_options({}) == ObjectOptions()


@pytest.mark.parametrize(
    ("annotations", "phase"),
    [
        pytest.param({HOOK: "PreSync"}, "PreSync", id="before"),
        pytest.param({HOOK: "Sync"}, "Sync", id="with"),
        pytest.param({HOOK: "SyncFail"}, "SyncFail", id="failure"),
        pytest.param({HOOK: "PostDelete"}, "PostDelete", id="end"),
        pytest.param({HELM: "pre-delete"}, "PreDelete", id="chart-end"),
        pytest.param({HELM: "pre-install,pre-upgrade"}, "PreSync", id="chart-before"),
        pytest.param({HELM: "post-upgrade"}, "PostSync", id="chart-after"),
        pytest.param({HOOK: "PostSync", HELM: "pre-install"}, "PostSync", id="argo-cds-wins"),
        pytest.param({HELM: "post-install,test"}, "PostSync", id="chart-and-test"),
    ],
)
def test_a_hook_has_a_phase(annotations: dict[str, str], phase: Phase) -> None:
    found = read_options(annotations)

    assert (found.phase, found.is_hook, problems(annotations)) == (phase, True, [])


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({HOOK: "Skip"}, id="skip"),
        pytest.param({HELM: "test"}, id="test-of-a-chart"),
        pytest.param({HELM: "pre-rollback, post-rollback"}, id="rollback-of-a-chart"),
    ],
)
def test_a_hook_for_what_never_happens_is_left_out(annotations: dict[str, str]) -> None:
    found = read_options(annotations)

    assert (found.is_left_out, found.is_hook, found.problems) == (True, False, ())


@pytest.mark.parametrize(
    ("annotations", "wave"),
    [
        pytest.param({names.WAVE_ANNOTATION: "-3"}, -3, id="wave"),
        pytest.param({names.HELM_WEIGHT_ANNOTATION: "5"}, 5, id="weight"),
        pytest.param({names.WAVE_ANNOTATION: "1", names.HELM_WEIGHT_ANNOTATION: "5"}, 1, id="both"),
    ],
)
def test_a_wave_is_a_number(annotations: dict[str, str], wave: int) -> None:
    assert (read_options(annotations).wave, problems(annotations)) == (wave, [])


@pytest.mark.parametrize(
    ("annotations", "policies"),
    [
        pytest.param({HOOK: "Sync"}, {"BeforeHookCreation"}, id="default"),
        pytest.param(
            {HOOK: "Sync", names.HOOK_DELETE_ANNOTATION: "HookSucceeded,HookFailed"},
            {"HookSucceeded", "HookFailed"},
            id="argo-cd",
        ),
        pytest.param(
            {HELM: "pre-install", names.HELM_HOOK_DELETE_ANNOTATION: "hook-succeeded"},
            {"HookSucceeded"},
            id="chart",
        ),
        pytest.param({}, set(), id="no-hook"),
    ],
)
def test_a_hook_goes_by_its_policy(annotations: dict[str, str], policies: set[str]) -> None:
    assert read_options(annotations).hook_delete_policies == policies


def test_options_are_kept() -> None:
    found = read_options(
        {
            OPTIONS: "Prune=false, Delete=confirm",
            names.COMPARE_OPTIONS_ANNOTATION: "IgnoreExtraneous",
        }
    )

    assert found.options == {"Prune=false", "Delete=confirm"}
    assert found.compare_options == {"IgnoreExtraneous"}


def test_an_object_may_wait_for_others() -> None:
    annotations = {DEPENDS: "apps/namespaces/shop/Deployment/db, /Namespace/shop"}

    assert read_options(annotations).depends_on == (
        ObjectRef("apps", "Deployment", "shop", "db"),
        ObjectRef("", "Namespace", "", "shop"),
    )
    assert problems(annotations) == []


@pytest.mark.parametrize(
    ("annotations", "problem"),
    [
        pytest.param({OPTIONS: "Unheard=of"}, "the option Unheard=of", id="option"),
        pytest.param(
            {names.COMPARE_OPTIONS_ANNOTATION: "Other"}, "the option Other", id="compare-option"
        ),
        pytest.param({HOOK: "MidSync"}, "the hook MidSync", id="hook"),
        pytest.param({HELM: "pre-install,mid-sync"}, "the hook mid-sync", id="chart-hook"),
        pytest.param(
            {HOOK: "PreSync,PostSync"},
            "a hook of more than one phase (PostSync, PreSync)",
            id="phases",
        ),
        pytest.param(
            {names.WAVE_ANNOTATION: "first"},
            f"{names.WAVE_ANNOTATION} 'first', which is no whole number,",
            id="wave",
        ),
        pytest.param(
            {HOOK: "Sync", names.HOOK_DELETE_ANNOTATION: "Never"},
            "the delete policy Never",
            id="delete-policy",
        ),
        pytest.param({DEPENDS: "db"}, f"{DEPENDS} 'db', which names no object,", id="depends-on"),
    ],
)
def test_what_cannot_be_had_is_named(annotations: dict[str, str], problem: str) -> None:
    assert problems(annotations) == [problem]


@pytest.mark.parametrize(
    "entry",
    sorted(
        {*NOT_YET, "the option Force=true", "the option ServerSideDiff=true"}
        | {f"the annotation {names.WAVE_ANNOTATION}"}
    ),
)
def test_what_is_not_acted_upon_is_named(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_options, "NOT_YET", frozenset({entry}))
    kind, name = entry.removeprefix("the ").split(" ", 1)
    holder = names.COMPARE_OPTIONS_ANNOTATION if name in COMPARE_OPTIONS else OPTIONS
    annotations = {holder: name} if kind == "option" else {name: "1"}

    assert entry in read_options(annotations).problems


@given(annotations=st.dictionaries(st.sampled_from(ANNOTATIONS), st.text(max_size=20)))
def test_any_annotations_are_read(annotations: dict[str, str]) -> None:
    found = read_options(annotations)

    assert not (found.is_left_out and found.is_hook)


@pytest.mark.parametrize(
    ("annotations", "options"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({OPTIONS: "Prune=confirm"}, "Prune=confirm", id="argo-cds"),
        pytest.param({KEEP: "keep"}, "Prune=false,Delete=false", id="charts"),
        pytest.param({KEEP: " Keep "}, "Prune=false,Delete=false", id="as-helm-reads-it"),
        pytest.param({KEEP: "delete"}, "", id="what-means-nothing-to-helm"),
        pytest.param(
            {OPTIONS: "Force=true", KEEP: "keep"}, "Force=true,Prune=false,Delete=false", id="both"
        ),
    ],
)
def test_what_a_chart_keeps_is_not_deleted(annotations: dict[str, str], options: str) -> None:
    assert deletion_options(annotations) == options


@pytest.mark.parametrize(
    ("value", "has_no_say"), [("true", True), ("false", False), ("yes", False)]
)
def test_an_object_may_have_no_say_in_health(value: str, has_no_say: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    found = read_options({names.IGNORE_HEALTH_ANNOTATION: value})

    assert (found.has_no_say, found.problems) == (has_no_say, ())

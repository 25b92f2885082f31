"""Applications read into values, and what is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import GitopskitError, InputError, UnsupportedField
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.application import (
    Application,
    Ignored,
    Retry,
    Source,
    SyncPolicy,
    cascade,
    deletion_option,
    fingerprint,
    is_skipped,
    parse,
    refresh_of,
)
from gitopskit.reconciler.sync_policy import SyncOptions
from gitopskit.render.options import DirectoryOptions

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

DEPLOYMENT = ObjectRef("apps", "Deployment", "shop", "web")


def application(*, metadata: JsonObject | None = None, **spec: JsonValue) -> JsonObject:
    return {
        "kind": "Application",
        "metadata": {"name": "web", **(metadata or {})},
        "spec": {
            "project": "shop",
            "source": {"repoURL": "https://git.example/shop.git"},
            "destination": {"namespace": "shop"},
            **spec,
        },
    }


def test_what_is_absent_has_argo_cds_defaults() -> None:
    assert parse(application()) == Application(
        name="web",
        project="shop",
        sources=(Source(repo_url="https://git.example/shop.git", release="web", namespace="shop"),),
        namespace="shop",
        policy=SyncPolicy(),
    )


def test_every_honoured_field_is_read() -> None:
    content = application(
        source={
            "repoURL": "https://git.example/shop.git",
            "targetRevision": "v1",
            "path": "app",
            "directory": {"recurse": True},
        },
        destination={
            "server": "https://kubernetes.default.svc",
            "name": "in-cluster",
            "namespace": "shop",
        },
        syncPolicy={
            "automated": {"prune": True, "selfHeal": True, "allowEmpty": True},
            "syncOptions": [
                "CreateNamespace=true",
                "PruneLast=true",
                "PrunePropagationPolicy=background",
            ],
            "retry": {
                "limit": 2,
                "backoff": {"duration": "1h1m1.5s", "factor": 3, "maxDuration": "2m"},
            },
        },
        ignoreDifferences=[
            {
                "group": "apps",
                "kind": "Deployment",
                "jsonPointers": ["/spec/replicas", "/a~1b~0c"],
                "managedFieldsManagers": ["scaler"],
                "jqPathExpressions": [".spec.replicas"],
            }
        ],
    )

    parsed = parse(content)

    assert parsed.source == Source(
        repo_url="https://git.example/shop.git",
        target_revision="v1",
        path="app",
        directory=DirectoryOptions(is_recursive=True),
        release="web",
        namespace="shop",
    )
    assert parsed.policy == SyncPolicy(
        is_automated=True,
        prunes=True,
        heals=True,
        allows_empty=True,
        creates_namespace=True,
        prunes_last=True,
        propagation="Background",
        options=SyncOptions(creates_namespace=True, prunes_last=True, propagation="Background"),
        retry=Retry(limit=2, initial_seconds=3661.5, factor=3, maximum_seconds=120.0),
    )
    assert parsed.ignored(DEPLOYMENT) == Ignored(
        (("spec", "replicas"), ("a/b~c",)),
        frozenset({"scaler"}),
        application="web",
        expressions=(".spec.replicas",),
    )
    assert not parsed.ignored(ObjectRef("", "ConfigMap", "shop", "web"))


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        pytest.param(
            {"source": {"repoURL": "x", "helm": {"passCredentials": True}}},
            "spec.source.helm.passCredentials",
            id="helm",
        ),
        pytest.param(
            {"source": {"repoURL": "x", "directory": {"jsonnet": {"libs": ["lib"]}}}},
            "spec.source.directory.jsonnet",
            id="jsonnet",
        ),
        pytest.param(
            {"sources": [{"repoURL": "x", "tagPrefix": "web-"}]},
            "spec.sources[0].tagPrefix",
            id="one-of-several",
        ),
        pytest.param(
            {"source": {"repoURL": "x", "plugin": {"name": "mine"}}},
            "spec.source.plugin",
            id="plugin",
        ),
        pytest.param(
            {"syncPolicy": {"syncOptions": ["Unheard=of"]}},
            "spec.syncPolicy.syncOptions[0] Unheard=of",
            id="unknown-sync-option",
        ),
        pytest.param(
            {"syncPolicy": {"syncOptions": ["CreateNamespace=true", "Unheard"]}},
            "spec.syncPolicy.syncOptions[1] Unheard",
            id="unknown-switch",
        ),
        pytest.param(
            {"syncPolicy": {"syncOptions": ["PruneLast=maybe"]}},
            "spec.syncPolicy.syncOptions[0] PruneLast=maybe",
            id="value-of-a-sync-option",
        ),
        pytest.param(
            {"destination": {"server": "https://other.example"}},
            "https://other.example",
            id="server",
        ),
        pytest.param({"destination": {"name": "other"}}, '"other"', id="cluster-name"),
    ],
)
def test_a_field_that_is_not_honoured_is_named(spec: JsonObject, named: str) -> None:
    with pytest.raises(UnsupportedField) as caught:
        parse(application(**spec))

    assert named in caught.value.what
    assert caught.value.where == "Application/web"


def test_all_unsupported_fields_are_named_at_once() -> None:
    content = application(sourceHydrator={"a": "b"}, unheard="of")
    content["metadata"]["annotations"] = {
        "argocd.argoproj.io/unheard": "of",
        "argocd.argoproj.io/tracking-id": "fine",
        "example.com/fine": "too",
    }

    with pytest.raises(UnsupportedField) as caught:
        parse(content)

    assert caught.value.what == (
        "this version does not support metadata.annotations[argocd.argoproj.io/unheard],"
        " spec.sourceHydrator, spec.unheard"
    )


def test_what_is_switched_off_is_not_automated() -> None:
    off = parse(application(syncPolicy={"automated": {"enabled": False, "prune": True}}))
    on = parse(application(syncPolicy={"automated": {"enabled": True}}))

    assert (off.policy.is_automated, on.policy.is_automated) == (False, True)


def test_what_only_informs_people_is_accepted() -> None:
    assert parse(application(info=[{"name": "a", "value": "b"}])).name == "web"


def test_an_empty_unsupported_field_says_nothing() -> None:
    assert parse(application(sources=[], info=None)).name == "web"


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"project": 1}, id="text"),
        pytest.param({"source": {}}, id="no-repository"),
        pytest.param({"source": "here"}, id="mapping"),
        pytest.param({"syncPolicy": {"automated": {"prune": "yes"}}}, id="flag"),
        pytest.param({"syncPolicy": {"retry": {"limit": True}}}, id="number"),
        pytest.param({"syncPolicy": {"retry": {"backoff": {"duration": "soon"}}}}, id="duration"),
        pytest.param({"syncPolicy": {"retry": {"backoff": {"duration": 5}}}}, id="bare-duration"),
        pytest.param({"syncPolicy": {"syncOptions": "all"}}, id="list"),
        pytest.param({"syncPolicy": {"syncOptions": [1]}}, id="list-of-texts"),
        pytest.param({"ignoreDifferences": ["all"]}, id="list-of-mappings"),
        pytest.param(
            {"ignoreDifferences": [{"kind": "Job", "jsonPointers": ["spec"]}]}, id="pointer"
        ),
    ],
)
def test_an_unusable_value_is_refused(spec: JsonObject) -> None:
    with pytest.raises(InputError):
        parse(application(**spec))


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [
        pytest.param(1, 5.0, id="first"),
        pytest.param(3, 20.0, id="third"),
        pytest.param(99, 180.0, id="late"),
    ],
)
def test_retries_wait_ever_longer(attempt: int, seconds: float) -> None:
    assert Retry().delay_seconds(attempt) == seconds


def test_a_factor_without_bounds_gives_the_longest_pause() -> None:
    assert Retry(factor=10**18, limit=-1).delay_seconds(1000) == Retry().maximum_seconds


def test_retries_end_at_their_limit_unless_it_is_negative() -> None:
    assert Retry(limit=2).allows(2)
    assert not Retry(limit=2).allows(3)
    assert Retry(limit=-1).allows(1000)


@pytest.mark.parametrize(
    ("finalizers", "mode"),
    [
        pytest.param([], None, id="none"),
        pytest.param(["example.com/other"], None, id="foreign"),
        pytest.param(["resources-finalizer.argocd.argoproj.io"], "Foreground", id="plain"),
        pytest.param(
            ["a", "resources-finalizer.argocd.argoproj.io/background"],
            "Background",
            id="background",
        ),
    ],
)
def test_the_finalizer_says_how_objects_go(finalizers: list[str], mode: str | None) -> None:
    assert cascade(application(metadata={"finalizers": finalizers})) == mode


def test_the_status_is_no_change_of_the_application() -> None:
    before = application()
    after = {**application(), "status": {"sync": {"status": "Synced"}}}

    assert fingerprint(before) == fingerprint(after)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"spec": {}}, id="spec"),
        pytest.param({"operation": {"sync": {}}}, id="operation"),
        pytest.param({"metadata": {"name": "web", "deletionTimestamp": "now"}}, id="deletion"),
        pytest.param(
            {"metadata": {"annotations": {"argocd.argoproj.io/deletion-approved": "now"}}},
            id="approval",
        ),
    ],
)
def test_what_people_set_is_a_change(change: JsonObject) -> None:
    assert fingerprint(application()) != fingerprint({**application(), **change})


def test_other_annotations_are_no_change() -> None:
    noted = application(metadata={"annotations": {"example.com/note": "hello"}})

    assert fingerprint(application()) == fingerprint(noted)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_NAMES = (
    "project",
    "source",
    "sources",
    "destination",
    "syncPolicy",
    "ignoreDifferences",
    "revisionHistoryLimit",
    "x",
)
_SPECS = st.fixed_dictionaries({}, optional=dict.fromkeys(_NAMES, _JSON))


@given(spec=_SPECS)
def test_any_spec_is_read_or_refused(spec: JsonObject) -> None:
    try:
        parsed = parse({"kind": "Application", "metadata": {"name": "web"}, "spec": spec})
    except GitopskitError:
        return
    assert parsed.source.repo_url


def test_the_options_of_a_sync_that_is_asked_for_replace_those_of_the_policy() -> None:
    content = application(syncPolicy={"automated": {}, "syncOptions": ["PruneLast=true"]})
    plain, special = (
        {**content, "operation": {"sync": sync}}
        for sync in (
            {"prune": True},
            {"syncOptions": ["CreateNamespace=true", "PrunePropagationPolicy=background"]},
        )
    )

    assert parse(plain).policy == parse(content).policy
    found = parse(special).policy
    assert (found.creates_namespace, found.prunes_last, found.propagation) == (
        True,
        False,
        "Background",
    )


@pytest.mark.parametrize(
    ("value", "refresh"), [(None, ""), ("normal", "normal"), ("hard", "hard"), ("x", "normal")]
)
def test_a_refresh_is_asked_for_by_an_annotation(value: str | None, refresh: str) -> None:
    content = application()
    content["metadata"]["annotations"] = {"argocd.argoproj.io/refresh": value}

    assert refresh_of(content) == refresh


@pytest.mark.parametrize(
    ("value", "is_so"),
    [("true", True), ("True", True), ("1", True), ("false", False), ("x", False)],
)
def test_an_application_is_skipped_where_go_reads_true(value: str, *, is_so: bool) -> None:
    content = {"metadata": {"annotations": {"argocd.argoproj.io/skip-reconcile": value}}}

    assert is_skipped(content) is is_so


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["Delete=false"], "false"),
        (["Delete=false", "Delete=confirm", "Prune=false"], "confirm"),
        ([], "true"),
        ("Delete=false", "true"),
    ],
)
def test_whether_objects_go_with_an_application_is_read_from_any_spec(
    options: JsonValue, said: str
) -> None:
    assert deletion_option({"spec": {"syncPolicy": {"syncOptions": options}}}) == said

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.kube.resources import SECRETS
from gitopskit.unsealer import evidence
from gitopskit.unsealer.ownership import FIELD_MANAGER

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.unsealer_cluster import Cluster, Running
    from tests.support.unsealing import SealingKey

OURS = {
    "f:data": {".": {}, "f:a": {}},
    "f:metadata": {
        "f:labels": {".": {}, "f:app": {}},
        "f:annotations": {".": {}, "f:team": {}},
        "f:ownerReferences": {".": {}, 'k:{"uid":"sealed-uid"}': {}},
    },
    "f:type": {},
}


def sealed(**spec: JsonValue) -> JsonObject:
    template = {"metadata": {"labels": {"app": "shop"}, "annotations": {"team": "web"}}}
    return {
        "metadata": {"uid": "sealed-uid"},
        "spec": {"encryptedData": {"a": "Ag=="}, "template": template, **spec},
    }


def secret(ours: JsonObject | None = None, **others: JsonValue) -> JsonObject:
    entries = [{"manager": FIELD_MANAGER, "fieldsV1": OURS if ours is None else ours}]
    entries += [{"manager": name, "fieldsV1": fields} for name, fields in others.items()]
    return {"metadata": {"managedFields": entries}}


def test_a_secret_that_nobody_else_touched_gives_the_evidence() -> None:
    assert evidence.of_secret(secret()) == evidence.of_sealed_secret(sealed()) != 0


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"kubectl": {"f:metadata": {"f:labels": {"f:added": {}}}}}, id="label"),
        pytest.param({"kubectl": {"f:data": {".": {}}}}, id="the mapping alone"),
        pytest.param({"kubectl": None}, id="nothing"),
    ],
)
def test_what_others_may_add_takes_nothing_from_it(others: dict[str, Any]) -> None:
    assert evidence.of_secret(secret(**others)) == evidence.of_sealed_secret(sealed())


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"f:data": {"f:b": {}}}, id="item"),
        pytest.param({"f:type": {}}, id="type"),
        pytest.param({"f:immutable": {}}, id="immutable"),
    ],
)
def test_what_others_set_leaves_nothing_known(fields: JsonObject) -> None:
    assert evidence.of_secret(secret(kubectl=fields)) == evidence.NOTHING_KNOWN


@pytest.mark.parametrize("part", ["f:data", "f:metadata", "f:type"])
def test_what_others_took_from_us_is_missing(part: str) -> None:
    ours = {name: fields for name, fields in OURS.items() if name != part}

    assert evidence.of_secret(secret(ours)) != evidence.of_sealed_secret(sealed())


def test_nothing_is_known_of_a_secret_that_we_never_wrote() -> None:
    assert evidence.of_secret({"metadata": {}}) == evidence.NOTHING_KNOWN
    assert evidence.of_secret(secret({})) == evidence.NOTHING_KNOWN


def test_nothing_is_known_of_the_form_before_2019() -> None:
    assert evidence.of_sealed_secret(sealed(data="Ag==")) == evidence.NOTHING_KNOWN


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"encryptedData": {"a": "Ag==", "b": "Ag=="}}, id="another item"),
        pytest.param({"template": {"data": {"c": "text"}}}, id="a templated item"),
        pytest.param({"template": {"immutable": True}}, id="immutable"),
        pytest.param({"template": {}}, id="no labels"),
    ],
)
def test_another_wish_has_another_evidence(changes: dict[str, Any]) -> None:
    assert evidence.of_sealed_secret(sealed(**changes)) != evidence.of_sealed_secret(sealed())


def test_an_item_that_a_template_drops_is_not_expected() -> None:
    dropping = sealed(encryptedData={"a": "Ag==", "b": "Ag=="})
    dropping["spec"]["template"]["data"] = {"b": None}

    assert evidence.of_sealed_secret(dropping) == evidence.of_sealed_secret(sealed())


def test_without_owner_the_mark_of_a_managed_secret_is_expected() -> None:
    skip = {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}
    wanted = sealed(template={"metadata": {"annotations": skip}})
    ours = {
        "f:data": {"f:a": {}},
        "f:metadata": {
            "f:annotations": {
                "f:sealedsecrets.bitnami.com/skip-set-owner-references": {},
                "f:sealedsecrets.bitnami.com/managed": {},
            }
        },
        "f:type": {},
    }

    assert evidence.of_secret(secret(ours)) == evidence.of_sealed_secret(wanted)


@given(items=st.sets(st.sampled_from("abcd")), others=st.sets(st.sampled_from("abcd"), max_size=2))
def test_only_the_very_items_give_the_evidence(items: set[str], others: set[str]) -> None:
    wanted = sealed(encryptedData=dict.fromkeys(items, "Ag=="))
    ours = {**OURS, "f:data": {f"f:{item}": {} for item in others}}

    is_proved = evidence.of_secret(secret(ours)) == evidence.of_sealed_secret(wanted)

    assert is_proved == (items == others)


@pytest.mark.parametrize(
    ("name", "template"),
    [
        pytest.param("plain", {}, id="plain"),
        pytest.param("labelled", {"labels": {"a": "b"}, "annotations": {"c": "d"}}, id="labels"),
        pytest.param(
            "ownerless",
            {"annotations": {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}},
            id="ownerless",
        ),
    ],
)
async def test_the_api_server_keeps_the_evidence_and_an_edit_destroys_it(
    cluster: Cluster, unsealer: Running, key: SealingKey, name: str, template: JsonObject
) -> None:
    content = key.seal(name, cluster.namespace, {"a": "1", "b": "2"}, metadata=template)
    async with unsealer():
        await cluster.create_sealed(content)
        await cluster.until_status(name, "True")
        expected = evidence.of_sealed_secret(await cluster.sealed(name))
        made = await metadata_of(cluster, name)

        await cluster.patch_secret(name, {"stringData": {"a": "edited"}})
        await cluster.until_values(name, {"a": "1", "b": "2"})
        healed = await metadata_of(cluster, name)
    await cluster.patch_secret(name, {"stringData": {"b": "edited"}})
    edited = await metadata_of(cluster, name)

    assert evidence.of_secret(made) == evidence.of_secret(healed) == expected
    assert evidence.of_secret(edited) == evidence.NOTHING_KNOWN


async def metadata_of(cluster: Cluster, name: str) -> JsonObject:
    return await cluster.admin.get(SECRETS, name, cluster.namespace, metadata_only=True)

"""Re-encryption: to the newest key what needs it, and nothing else."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.closed_items import CLOSED
from gitopskit.sealedfiles.controller import ControllerAddress, find_controller
from gitopskit.sealedfiles.reencrypt import (
    Newest,
    Reencrypted,
    reencrypt_text,
    reseal_by_controller,
    reseal_with_keys,
)
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.hybrid import hybrid_certificate
from tests.support.sealed_manifests import (
    certificate_of,
    fingerprint_of,
    keyring_of,
    sealed_content,
    yaml_of,
)

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.fake_controller import FakeController

_OLD, _NEW = fingerprint_of(0), fingerprint_of(1)
_TO_NEW = Newest(certificate=certificate_of(1), hybrid=certificate_of(1))


def _read(*contents: JsonObject) -> SealedText:
    return SealedText.read(yaml_of(*contents), path="x.yaml")


def _reencrypt(sealed: SealedText, *numbers: int) -> Reencrypted:
    """Re-encrypt with the private keys of these numbers to key 1."""
    keyring = keyring_of(*numbers)
    return reencrypt_text(
        sealed, newest=_TO_NEW, keyring=keyring, reseal=reseal_with_keys(keyring, _TO_NEW)
    )


def _after(result: Reencrypted) -> SealedText:
    return SealedText.read(result.text.encode(), path="x.yaml")


def _counts(result: Reencrypted) -> tuple[int, int, int]:
    return result.resealed, result.current, len(result.findings)


def _values(sealed: SealedText, *numbers: int) -> list[dict[str, bytes]]:
    return [
        {
            item: value.reveal()
            for item, value in unseal_secret(
                part.manifest.content, keyring=keyring_of(*numbers)
            ).data.items()
        }
        for part in sealed.parts
    ]


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded", "unknown"])
def test_every_item_is_moved_to_the_new_key(scope: Scope, is_recorded: bool) -> None:  # noqa: FBT001 -- pytest passes it by name
    before = _read(
        sealed_content(scope=scope, is_recorded=is_recorded),
        sealed_content("cache", items={"a": "1"}, scope=scope, is_recorded=is_recorded),
    )

    result = _reencrypt(before, 0)

    assert _counts(result) == (3, 0, 0)
    after = _after(result)
    assert _values(after, 1) == _values(before, 0)
    assert [set(part.keys.values()) for part in after.parts] == [{_NEW}, {_NEW}]


def test_a_second_run_finds_nothing_to_do() -> None:
    first = _reencrypt(_read(sealed_content()), 0)

    second = _reencrypt(_after(first), 0)

    assert second.text == first.text
    assert _counts(second) == (0, 2, 0)


def test_only_the_items_on_another_key_are_touched() -> None:
    content = sealed_content(key=1)
    old = sealed_content()
    items, annotations = content["spec"]["encryptedData"], content["metadata"]["annotations"]
    items["token"] = old["spec"]["encryptedData"]["token"]
    (name,) = annotations
    annotations[name] = (
        annotations[name].split("\n")[0]
        + "\n"
        + old["metadata"]["annotations"][name].split("\n")[1]
    )
    before = _read(content)
    assert before.parts[0].keys == {"password": _NEW, "token": _OLD}

    result = _reencrypt(before, 0)

    assert _counts(result) == (1, 1, 0)
    (part,) = _after(result).parts
    assert part.keys == {"password": _NEW, "token": _NEW}
    kept = base64.b64encode(part.sealed.encrypted_data["password"]).decode()
    assert kept == items["password"]


def test_an_unknown_item_that_the_new_key_opens_is_only_recorded() -> None:
    before = _read(sealed_content(key=1, is_recorded=False))

    result = _reencrypt(before, 0, 1)

    assert _counts(result) == (0, 2, 0)
    (part,) = _after(result).parts
    assert part.keys == {"password": _NEW, "token": _NEW}
    assert part.sealed.encrypted_data == before.parts[0].sealed.encrypted_data


def test_what_no_key_opens_is_explained_and_the_rest_is_done() -> None:
    before = _read(sealed_content(), sealed_content("foreign", items={"a": "1"}, key=2))

    result = _reencrypt(before, 0)

    assert _counts(result) == (2, 0, 1)
    (finding,) = result.findings
    assert (finding.rule, finding.subject) == (CLOSED, "SealedSecret/shop/foreign")
    assert fingerprint_of(2) in finding.message
    after = _after(result)
    assert after.parts[1].sealed == before.parts[1].sealed


def test_where_nothing_can_be_opened_the_text_stays() -> None:
    before = _read(sealed_content(key=2))

    result = _reencrypt(before, 0)

    assert result.text == before.text
    assert _counts(result) == (0, 0, 2)


def test_an_empty_sealed_secret_stays() -> None:
    content = sealed_content()
    content["spec"]["encryptedData"] = {}
    before = _read(content)

    result = _reencrypt(before, 0)

    assert result.text == before.text
    assert _counts(result) == (0, 0, 0)


def test_an_item_behind_an_alias_is_refused() -> None:
    text = yaml_of(sealed_content(items={"a": "1"})).decode()
    text = text.replace("    a: ", "    a: &same ") + "    b: *same\n"
    sealed = SealedText.read(text.encode(), path="x.yaml")
    assert [*sealed.parts[0].sealed.encrypted_data] == ["a", "b"]

    with pytest.raises(InputError):
        _reencrypt(sealed, 0)


async def test_a_controller_moves_items_to_its_newest_key(
    fake: FakeController, api: KubeClient
) -> None:
    before = _read(sealed_content(), sealed_content("done", key=1))

    result = await _rotated(before, api)

    assert _counts(result) == (2, 2, 0)
    assert _values(_after(result), 1) == _values(before, 0, 1)
    assert [path for _, path, _ in fake.asked] == ["/v1/rotate"]


async def test_an_envelope_that_a_controller_needs_not_touch_stays(
    fake: FakeController, api: KubeClient
) -> None:
    content = sealed_content(key=1)
    foreign = sealed_content(is_recorded=False)
    content["spec"]["encryptedData"]["token"] = foreign["spec"]["encryptedData"]["token"]
    before = _read(content)

    result = await _rotated(before, api)

    assert len(fake.asked) == 1
    assert _counts(result) == (1, 1, 0)
    (old,), (new,) = before.parts, _after(result).parts
    assert new.sealed.encrypted_data["password"] == old.sealed.encrypted_data["password"]
    assert new.keys == {"password": _NEW, "token": _NEW}


@pytest.mark.usefixtures("fake")
async def test_what_a_controller_cannot_open_is_one_finding_without_a_reason(
    api: KubeClient,
) -> None:
    before = _read(sealed_content("foreign", key=2), sealed_content())

    result = await _rotated(before, api)

    assert _counts(result) == (2, 0, 1)
    assert result.findings[0].message == "the controller cannot open it"
    assert _after(result).parts[0].sealed == before.parts[0].sealed


async def test_a_controller_that_does_not_answer_is_an_error(
    fake: FakeController, api: KubeClient
) -> None:
    fake.behaviour.has_endpoints = False

    with pytest.raises(EnvironmentFault):
        await _rotated(_read(sealed_content()), api)


async def test_a_controller_is_sent_no_hybrid_items(api: KubeClient) -> None:
    content = sealed_content()
    content["spec"]["encryptedData"]["token"] = _hybrid_envelope()
    before = _read(content)

    result = await _rotated(before, api)

    assert (*_counts(result), result.left) == (1, 0, 0, 1)
    after = _after(result).parts[0].sealed.encrypted_data
    assert after["token"] == before.parts[0].sealed.encrypted_data["token"]
    assert after["password"] != before.parts[0].sealed.encrypted_data["password"]


async def test_what_is_hybrid_through_and_through_is_not_sent_to_a_controller(
    fake: FakeController, api: KubeClient
) -> None:
    content = sealed_content()
    content["spec"]["encryptedData"] = {"token": _hybrid_envelope()}

    result = await _rotated(_read(content), api)

    assert (*_counts(result), result.left) == (0, 0, 0, 1)
    assert [each for each in fake.seen if "rotate" in each.path] == []


def _hybrid_envelope() -> str:
    public_key = hybrid_certificate().public_key
    return base64.b64encode(
        seal_value(Plaintext(b"abc"), public_key=public_key, label=b"shop/db")
    ).decode()


async def _rotated(sealed: SealedText, api: KubeClient) -> Reencrypted:
    controller = await find_controller(api, ControllerAddress(), is_default=True)
    reseal = await reseal_by_controller(sealed, controller, fingerprint=_NEW)
    newest = Newest(certificate=certificate_of(1), hybrid=None)
    return reencrypt_text(sealed, newest=newest, keyring=Keyring(()), reseal=reseal)


@pytest.mark.parametrize("keys", [(0,), (0, 1)], ids=["old key", "both keys"])
def test_a_record_does_not_beat_the_key_in_hand(keys: tuple[int, ...]) -> None:
    content = sealed_content()
    annotations = content["metadata"]["annotations"]
    forged = {name: text.replace(_OLD, _NEW) for name, text in annotations.items()}
    content["metadata"]["annotations"] = forged
    before = _read(content)
    assert set(before.parts[0].keys.values()) == {_NEW}

    result = _reencrypt(before, *keys)

    assert result.current == 0
    assert _values(_after(result), 1) == _values(before, 0)

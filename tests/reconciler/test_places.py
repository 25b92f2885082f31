"""A refusal that is only about a namespace that is gone, or that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiForbidden
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.places import explaining
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient

WEB = ObjectRef("apps", "Deployment", "shop", "web")
REFUSED = ApiForbidden("cannot get resource deployments", hint="ask", status=403)
ENDING = Reply(json={"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})


@pytest.mark.parametrize(
    ("ref", "answer", "told"),
    [
        pytest.param(
            WEB,
            refusal(404, reason="NotFound"),
            'the namespace "shop" is gone, or was never there',
            id="gone",
        ),
        pytest.param(WEB, ENDING, 'the namespace "shop" is being deleted', id="ends"),
        pytest.param(WEB, Reply(json={"metadata": {}}), REFUSED.what, id="there"),
        pytest.param(WEB, refusal(403), REFUSED.what, id="unknown"),
        pytest.param(
            ObjectRef("", "Namespace", "", "shop"), ENDING, REFUSED.what, id="of-the-cluster"
        ),
    ],
)
async def test_a_refusal_says_what_is_wrong_with_its_namespace(
    scripted: FakeApi, scripted_api: KubeClient, ref: ObjectRef, answer: Reply, told: str
) -> None:
    scripted.reply(answer)

    with pytest.raises(ApiForbidden) as caught:
        async with explaining(scripted_api, ref):
            raise REFUSED

    assert caught.value.what == told
    assert caught.value.status == REFUSED.status

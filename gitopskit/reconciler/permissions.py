"""Permissions: what an account may do, asked before it is tried.

A refusal then tells which right is missing and where, and the API server's audit log holds no
refused requests of ours. Only a yes is remembered: a missing right may be granted at any moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType

_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Permissions:
    """Answers whether a user may do something; every authenticated user may ask that."""

    def __init__(self, api: KubeClient) -> None:
        """Keep whom to ask."""
        self._api = api
        self._granted: set[tuple[str, str, str, str, str]] = set()

    async def allows(
        self, verb: str, kind: ResourceType, *, namespace: str = "", as_user: str = ""
    ) -> bool:
        """Tell whether a user (empty: we) may do that to every object of a kind in a namespace.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        question = (verb, kind.group, kind.plural, namespace, as_user)
        if question in self._granted:
            return True
        attributes = {
            "verb": verb,
            "group": kind.group,
            "resource": kind.plural,
            "namespace": namespace,
        }
        answer = await self._api.request(
            "POST",
            _REVIEWS,
            body={
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": attributes},
            },
            as_user=as_user,
        )
        is_allowed = bool((answer.get("status") or {}).get("allowed"))
        if is_allowed:
            self._granted.add(question)
        return is_allowed

    def forget(self, kind: ResourceType) -> None:
        """Ask again about a kind: something that was granted was refused."""
        self._granted = {
            question for question in self._granted if question[1:3] != (kind.group, kind.plural)
        }

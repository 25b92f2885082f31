"""The reconciler may look at exactly what its appliers may write, Secrets excepted.

Beyond that it may look at Pods, which tell why a workload does not come up, and read single objects
by their names, which it watches none of.

Without one of these rights nothing is refused and nothing breaks: the kind is read by name at each
poll instead, and drift is seen late. So no audit log shows that such a rule is missing.
"""

from __future__ import annotations

from typing import Final

from tests.support.shipped_rules import granted

_APPLIERS: Final = {"gitopskit-applier", "gitopskit-platform-applier"}
_RECONCILER: Final = "gitopskit-reconciler"
_LOOKS: Final = ("get", "list", "watch")


def test_every_kind_that_is_written_may_be_watched_and_no_other() -> None:
    shipped = {it for it in granted(for_all_names=True) if not it.namespace}
    written = {
        (it.group, it.resource)
        for it in shipped
        if it.role in _APPLIERS and it.verb == "patch" and it.resource != "secrets"
    }

    seen = {
        (it.group, it.resource, it.verb)
        for it in shipped
        if it.role == _RECONCILER and it.verb != "impersonate"
    }

    pods = {("", "pods", "list"), ("", "pods", "watch")}
    looked_at = {*written, ("apiextensions.k8s.io", "customresourcedefinitions")}
    assert {(*kind, verb) for kind in looked_at for verb in _LOOKS} | pods == seen

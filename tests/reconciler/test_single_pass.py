"""What a single pass refuses to begin with, and whom it comes back to."""

from __future__ import annotations

import pytest

from gitopskit.errors import (
    EnvironmentFault,
    GitFailed,
    InputError,
    IntegrityFault,
    MissingTool,
    UnsupportedField,
)
from gitopskit.reconciler import single_pass
from gitopskit.reconciler.state import Failure
from tests.support.desiring import REF
from tests.support.tracking import tracked


def test_nothing_is_done_beside_another_controller() -> None:
    single_pass.require_nobody_else("")

    with pytest.raises(IntegrityFault, match="StatefulSet/argo"):
        single_pass.require_nobody_else("StatefulSet/argo")


@pytest.mark.parametrize(
    "error",
    [MissingTool("no helm"), UnsupportedField("not here", where="/shop.git", is_local=True)],
    ids=["tool", "repository"],
)
def test_what_this_machine_lacks_ends_a_pass(error: MissingTool | UnsupportedField) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        single_pass.require_not_local(error)

    assert (str(caught.value), caught.value.exit_code) == (str(error), 3)


def test_what_is_wrong_elsewhere_is_told_as_ever() -> None:
    for error in (None, GitFailed("no answer"), UnsupportedField("by ftp")):
        single_pass.require_not_local(error)


def test_a_name_that_nobody_has_is_told() -> None:
    single_pass.require_known(["web"], {"web": tracked()})

    with pytest.raises(InputError, match="Application/argocd/absent"):
        single_pass.require_known(["web", "absent"], {"web": tracked()})


def test_who_lacks_what_another_may_make_begins_anew() -> None:
    lacking, refused, broken, well = tracked(), tracked(), tracked(), tracked()
    lacking.failures = {REF: Failure(message="no namespace", is_passing=True)}
    lacking.attempts = 3
    refused.is_refused = True
    broken.failures = {REF: Failure(message="invalid", is_passing=False)}
    known = {"a": lacking, "b": refused, "c": broken, "d": well}
    for name, it in known.items():
        it.name = name

    found = single_pass.to_try_again(known, known)

    assert found == ["a", "b"]
    assert lacking.attempts == 0

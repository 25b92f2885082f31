from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.controlplane.rest import Rest
from gitopskit.errors import ApiError, ApiUnreachable

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane


def test_nobody_there_is_an_error(control_plane: ControlPlane) -> None:
    nobody = Rest(server_url="https://127.0.0.1:1", ca_file=control_plane.ca_file, token="")

    with pytest.raises(ApiUnreachable):
        nobody.get("/version")


def test_a_refusal_tells_its_status_and_not_the_token(control_plane: ControlPlane) -> None:
    unknown = "no-such-token"
    stranger = Rest(
        server_url=control_plane.server_url, ca_file=control_plane.ca_file, token=unknown
    )

    with pytest.raises(ApiError) as caught:
        stranger.get("/version")

    assert caught.value.status == 401
    assert unknown not in f"{caught.value}{stranger!r}"

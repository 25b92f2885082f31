"""Every topic of the table, each with the rows SAME, REFUSED and DIFFERS."""

from __future__ import annotations

from typing import Final

from tests.interop.kubeseal_rows import (
    certificates,
    contents,
    controllers,
    documents,
    fetching,
    merging,
    places,
    raw,
    recovery,
    spelling,
    writing,
)

TOPICS: Final = (
    documents,
    writing,
    places,
    contents,
    certificates,
    merging,
    raw,
    recovery,
    fetching,
    controllers,
    spelling,
)

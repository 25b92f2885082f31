"""No two candidates ever lead at once, and a survivor always does, whatever the network does.

Candidates and a server as values: every request is sent, arrives (or is lost, or arrives long
after its sender gave up) and is answered (or not) in an order that Hypothesis makes up, while
somebody else edits the Lease's metadata. Each candidate's clock starts anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.controller.lease import (
    Acquire,
    LeaseOptions,
    Read,
    Renew,
    StandDown,
    Standing,
    deadline_seconds,
    decide,
)
from gitopskit.controller.lease_record import Candidate, claim

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

    Step = tuple[float, int, Literal["go", "quick", "lost", "late", "touched"]]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPTIONS = LeaseOptions()
CANDIDATES = 3
_STEPS_OF_A_WRITE = 3
SKEWS = (0.0, 1e6, -3e5)


class Server:
    """Keeps one Lease; a claim must name its version, a renewal its holder."""

    def __init__(self) -> None:
        self.lease: JsonObject | None = None
        self.late: list[JsonObject] = []
        self._version = 0

    def write(self, patch: JsonObject) -> JsonObject | None:
        lease = self.lease or {"metadata": {"resourceVersion": None}, "spec": {}}
        version = patch["metadata"].get("resourceVersion")
        holder = patch["metadata"].get("renewed_by")
        is_met = (
            holder == lease["spec"].get("holderIdentity")
            if holder
            else version == lease["metadata"]["resourceVersion"]
        )
        if not is_met:
            return None
        self._version += 1
        metadata = {"resourceVersion": str(self._version)}
        self.lease = {"metadata": metadata, "spec": {**lease["spec"], **patch["spec"]}}
        return self.lease

    def touch(self) -> None:
        if self.lease is not None:
            self.write({**self.lease, "spec": {}})


@dataclass
class Copy:
    """One candidate between two steps: its request, and the answer that is on its way."""

    candidate: Candidate
    skew_seconds: float
    standing: Standing = field(default_factory=Standing)
    sent: tuple[Read | Acquire | Renew, float, JsonObject] | None = None
    answer: tuple[JsonObject | None] | None = None
    writes: int = 0

    def leads(self, at: float) -> bool:
        return at + self.skew_seconds < deadline_seconds(self.standing, options=OPTIONS)

    def step(self, server: Server, at: float, fate: str) -> None:
        """Do the next thing: send, have it arrive, or take in the answer."""
        now = at + self.skew_seconds
        if self.sent is None:
            self._decide(now)
        elif self.answer is None:
            self._arrive(server, now, fate)
        else:
            self._take_in(fate)

    def _decide(self, now: float) -> None:
        identity = self.candidate.identity
        decision = decide(self.standing, identity=identity, now_seconds=now, options=OPTIONS)
        if isinstance(decision, StandDown):
            self.standing = self.standing.following()
        elif isinstance(decision, Read | Acquire | Renew):
            self.writes += 1
            body = self._body(is_renewal=decision == Renew() and self.standing.lease is not None)
            self.sent = (decision, now, body)

    def _body(self, *, is_renewal: bool) -> JsonObject:
        unique = {"renewTime": f"{self.candidate.identity} {self.writes}"}
        if is_renewal:
            return {"metadata": {"renewed_by": self.candidate.identity}, "spec": unique}
        body = claim(
            self.standing.lease,
            self.candidate,
            last=self.standing.record,
            now=NOW,
            duration_seconds=OPTIONS.duration_seconds,
        )
        return {"metadata": body["metadata"], "spec": {**body["spec"], **unique}}

    def _arrive(self, server: Server, now: float, fate: str) -> None:
        assert self.sent is not None
        decision, _, body = self.sent
        if isinstance(decision, Read):
            if fate != "lost":
                self.standing = self.standing.seeing(server.lease, now_seconds=now)
            self.sent = None
        elif fate in {"lost", "late"}:
            server.late += [body] if fate == "late" else []
            self.sent = None
        else:
            self.answer = (server.write(body),)

    def _take_in(self, fate: str) -> None:
        assert self.sent is not None
        assert self.answer is not None
        written, sent_seconds = self.answer[0], self.sent[1]
        self.sent = self.answer = None
        if fate == "lost":
            return
        if written is None:
            self.standing = self.standing.doubting()
        else:
            self.standing = self.standing.holding(written, sent_seconds=sent_seconds)


def new_copies() -> list[Copy]:
    return [
        Copy(Candidate("shop", "controller", f"copy-{number}"), skew)
        for number, skew in zip(range(CANDIDATES), SKEWS, strict=True)
    ]


steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.05, 0.5, 1.0, 1.5, 2.0, 4.9, 6.0, 9.0]),
        st.integers(0, CANDIDATES - 1),
        st.sampled_from(["quick", "quick", "go", "lost", "late", "touched"]),
    ),
    min_size=8,
    max_size=40,
)


def play(server: Server, copies: list[Copy], script: list[Step], *, at: float = 0.0) -> float:
    """Play the steps; check after each that there is one leader at most; return the time."""
    for pause, number, fate in script:
        at += pause
        if fate == "touched":
            server.touch()
        if fate == "late" and server.late:
            server.write(server.late.pop(0))
        for _ in range(_STEPS_OF_A_WRITE if fate == "quick" else 1):
            copies[number].step(server, at, fate)
        leaders = [copy.candidate.identity for copy in copies if copy.leads(at)]
        assert len(leaders) <= 1, leaders
    return at


@settings(max_examples=600, deadline=None)
@given(script=steps)
def test_two_never_lead_at_once(script: list[Step]) -> None:
    play(Server(), new_copies(), script)


@settings(max_examples=100, deadline=None)
@given(script=steps, survivor=st.integers(0, CANDIDATES - 1))
def test_whoever_is_left_leads_soon(script: list[Step], survivor: int) -> None:
    """Without a watch it can take the duration to notice a renewal, and another to see none."""
    server, copies = Server(), new_copies()
    at = play(server, copies, script)

    quiet_seconds = 2 * OPTIONS.duration_seconds + 1
    quiet: list[Step] = [(0.05, survivor, "go")] * round(quiet_seconds / 0.05)
    at = play(server, copies, quiet, at=at)

    assert copies[survivor].leads(at)

"""A real ssh server that lets one key in and runs ``git-upload-pack``, nothing else."""

from __future__ import annotations

import asyncio
import os
import shlex
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncssh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class SshGitServer:
    """A running server: where it is, the key that it lets in, and its own for known hosts."""

    port: int
    private_key: bytes
    known_hosts: str

    def url(self, path: Path) -> str:
        return f"ssh://git@127.0.0.1:{self.port}{path}"


@contextmanager
def serve_git_over_ssh() -> Iterator[SshGitServer]:
    """Serve every repository of this machine to the one key."""
    client = asyncssh.generate_private_key("ssh-ed25519")
    host = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def call(coroutine: object) -> object:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)  # type: ignore[arg-type]  # one of ours

    acceptor = call(_listen(client, host))
    assert isinstance(acceptor, asyncssh.SSHAcceptor)
    port = acceptor.get_port()
    public = host.export_public_key().decode().strip()
    try:
        yield SshGitServer(
            port=port,
            private_key=client.export_private_key(),
            known_hosts=f"[127.0.0.1]:{port} {public}\n",
        )
    finally:
        call(_close(acceptor))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(client: asyncssh.SSHKey, host: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    authorized = asyncssh.import_authorized_keys(client.export_public_key().decode())
    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host],
        authorized_client_keys=authorized,
        process_factory=_upload_pack,
        encoding=None,
        password_auth=False,
        kbdint_auth=False,
    )


async def _close(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    await acceptor.wait_closed()


async def _upload_pack(process: asyncssh.SSHServerProcess[bytes]) -> None:
    words = shlex.split(process.command or "")
    if len(words) != 2 or words[0] != "git-upload-pack":
        process.exit(127)
        return
    protocol = process.env.get("GIT_PROTOCOL", "")
    child = await asyncio.create_subprocess_exec(
        "git",
        "-c",
        "safe.directory=*",
        "upload-pack",
        "--strict",
        words[1],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "GIT_PROTOCOL": str(protocol)},
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    feed = asyncio.create_task(_pump(process.stdin, child.stdin))
    await asyncio.gather(_pump(child.stdout, process.stdout), _pump(child.stderr, process.stderr))
    feed.cancel()
    await asyncio.gather(feed, return_exceptions=True)
    process.exit(await child.wait())


async def _pump(reader: Any, writer: Any) -> None:  # noqa: ANN401 -- asyncio's streams or asyncssh's
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()

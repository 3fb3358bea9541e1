"""Receivers on 127.0.0.1, well-behaved and otherwise, written byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER, SSLContext

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in; header names in lower case."""

    connection: int
    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


Respond = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def says(answer: bytes) -> Respond:
    """Return a receiver that answers every request with these bytes."""

    async def respond(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return respond


@dataclass
class Receiver:
    """A server that reads requests and lets `respond` do what it likes."""

    respond: Respond = field(default_factory=lambda: says(OK))
    port: int = 0
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when some connection has ended."""

    def url(self, path: str = "/hook", *, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *lines = head.rstrip("\r\n").split("\r\n")
                pairs = [text.partition(":") for text in lines]
                headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
                length = int(dict(headers).get("content-length", 0))
                request = Received(number, line, headers, await reader.readexactly(length))
                self.requests.append(request)
                await self.respond(request, writer)
        writer.close()
        with suppress(ConnectionError, OSError):
            await writer.wait_closed()
        self.closed.set()


@asynccontextmanager
async def running(
    respond: Respond | None = None, tls: SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Bring a receiver up on a free port of 127.0.0.1."""
    receiver = Receiver(respond) if respond else Receiver()
    handlers: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        with suppress(asyncio.CancelledError):
            await receiver.serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, self-signed, for servers and for those who trust it."""

    file: Path

    @classmethod
    def made(cls, folder: Path, *, days: int = 1, name: str = "localhost") -> "Identity":
        """Sign one for a name and 127.0.0.2; with negative days it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        end = datetime.now(UTC) + timedelta(days=days)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=10))
            .not_valid_after(end)
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.DNSName(name), x509.IPAddress(IPv4Address("127.0.0.2"))]
                ),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, SHA256())
        )
        file = folder / f"{name}{days}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        return cls(file)

    @property
    def server(self) -> SSLContext:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context

    @property
    def trusting(self) -> SSLContext:
        context = SSLContext(PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.file)
        return context

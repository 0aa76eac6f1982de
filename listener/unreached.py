"""Why a server could not be heard, in our words: the HTTP library's own stay in `listener.fetch` and here."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl

import aiohttp

_BY_NUMBER = {
    errno.ECONNREFUSED: "nothing answers at this address (connection refused)",
    errno.ECONNRESET: "the server broke off the connection",
    errno.EPIPE: "the server broke off the connection",
    errno.ECONNABORTED: "the server broke off the connection",
    errno.EHOSTUNREACH: "there is no way to this server; check your connection",
    errno.ENETUNREACH: "there is no way to this server; check your connection",
    errno.ETIMEDOUT: "the server did not answer in time",
}


def why(error: BaseException) -> str:
    """One sentence for what aiohttp, the resolver or the system raised. Nothing of what the server sent is in it."""
    told = _of_connection(error)
    if told:
        return told
    if isinstance(error, aiohttp.ServerDisconnectedError | asyncio.IncompleteReadError):
        return "the server broke off the connection"
    if isinstance(error, aiohttp.ClientPayloadError):
        packed = "packed body" in str(error)
        return f"the server's answer is broken ({error})" if packed else "the server's answer ends too early"
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL | ValueError):
        return "the server's answer is broken; it is no proper HTTP"
    return "the server could not be reached"


def _of_connection(error: BaseException) -> str | None:
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        return "the server's certificate cannot be trusted, or it speaks no https"
    cause = getattr(error, "os_error", None) or error
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(cause, socket.gaierror):
        return "the server's name is not known; check the address and your connection"
    number = getattr(cause, "errno", None)
    return _BY_NUMBER.get(number) if isinstance(number, int) else None

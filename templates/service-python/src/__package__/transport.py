"""Whether the database and the broker are reached encrypted, and the certificates that both sides show."""

from __future__ import annotations

import ssl
from urllib.parse import parse_qsl

ENCRYPTED_BROKERS = ("amqps://", "tls://", "kafkas://")
SSL_MODES = ("disable", "require", "verify-ca", "verify-full")
_SSL_NAMES = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey"})


def is_database_encrypted(url: str) -> bool:
    """Whether a URL of PostgreSQL asks for nothing but an encrypted connection."""
    return _query(url).get("sslmode", "disable") != "disable"


def is_broker_encrypted(url: str) -> bool:
    """Whether a URL of a broker asks for nothing but an encrypted connection."""
    return url.startswith(ENCRYPTED_BROKERS)


def fault_of_ssl_mode(url: str) -> str | None:
    """What is wrong with a URL's ``sslmode``; nothing where it says none."""
    said = _query(url)
    if said.get("sslmode", "disable") not in SSL_MODES:
        return f"sslmode must be one of {', '.join(SSL_MODES)}"
    if said.get("sslmode") == "verify-ca" and "sslrootcert" not in said:
        return "sslmode=verify-ca needs sslrootcert, else any public authority could vouch for any server; or say verify-full"
    return None


def without_certificates(url: str) -> str:
    """A URL of PostgreSQL as the driver takes it: what ``database_tls`` reads is left out."""
    where, _, query = url.partition("?")
    rest = [each for each in query.split("&") if each.partition("=")[0] not in _SSL_NAMES]
    return f"{where}?{'&'.join(rest)}" if any(rest) else where


def database_tls(url: str) -> ssl.SSLContext | bool | None:
    """How a new connection to the database is encrypted; nothing where the URL says nothing. The files are read anew each time."""
    said = _query(url)
    mode = said.get("sslmode")
    if mode is None or mode == "disable":
        return None if mode is None else False
    context = _context(said.get("sslrootcert"), said.get("sslcert"), said.get("sslkey"))
    context.check_hostname = mode == "verify-full"
    if mode == "require" and "sslrootcert" not in said:
        context.verify_mode = ssl.CERT_NONE
    return context


def broker_tls(url: str) -> ssl.SSLContext | None:
    """How a new connection to the broker is encrypted; nothing where it is not. The files are read anew each time."""
    said = _query(url)
    return _context(said.get("cafile"), said.get("certfile"), said.get("keyfile")) if is_broker_encrypted(url) else None


def _context(authorities: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    """The other side must show a certificate of these authorities, or of the machine's; ours is shown where there is one."""
    context = ssl.create_default_context(cafile=authorities)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(url.partition("?")[2]))

"""Authorities and certificates as the tests make them: files as a Secret of Kubernetes holds them, ``ca.crt``, ``tls.crt``, ``tls.key``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """A folder with a certificate, its key and the authority that the other side must show one of."""

    folder: Path

    @property
    def authority(self) -> Path:
        """Whom to trust."""
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        """What to show."""
        return self.folder / "tls.crt"

    @property
    def key(self) -> Path:
        """What proves that it is ours."""
        return self.folder / "tls.key"


@dataclass(frozen=True)
class Authority:
    """Signs certificates."""

    name: str
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def issue(self, folder: Path, name: str, *others: Authority) -> Certificates:
        """Write a certificate of a user or of a host, in place of the one that is there; other authorities are trusted too."""
        key = generate_private_key(SECP256R1())
        alternative = x509.SubjectAlternativeName([x509.DNSName(name)])
        folder.mkdir(parents=True, exist_ok=True)
        found = Certificates(folder)
        _replace(found.authority, b"".join(each.certificate for each in (self, *others)))
        _replace(found.certificate, self._sign(name, key, alternative))
        _replace(found.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return found

    @property
    def certificate(self) -> bytes:
        """Its own, by which it is trusted."""
        return self._sign(self.name, self.key, x509.BasicConstraints(ca=True, path_length=0))

    def _sign(self, name: str, key: EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        now = datetime.now(UTC)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=isinstance(extension, x509.BasicConstraints),
            crl_sign=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _replace(path: Path, content: bytes) -> None:
    """At once, as a cluster does it: nobody reads half a file."""
    written = path.with_suffix(".new")
    written.write_bytes(content)
    written.replace(path)

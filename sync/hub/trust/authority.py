"""An own certificate authority for closed networks: one root for ten years, certificates for the hub's names.

Keys are ECDSA on P-256, which every TLS library of the last decade takes; extensions are those that RFC 5280
asks of a strict reader. Files are PEM, private ones readable by their owner only. Nothing is revoked here: a
certificate that got into wrong hands is answered with a new root.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_VALID: Final = datetime.timedelta(days=3_653)
#: Thirteen months, as browsers hold public ones to 398 days.
SERVER_VALID: Final = datetime.timedelta(days=397)
#: Clocks of tills are seldom right to the minute.
_BEFORE: Final = datetime.timedelta(hours=24)

#: RFC 1123, with a star for the first part of a name.
_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_HOST_MAX_CHARS: Final = 253
_NAME_MAX_CHARS: Final = 64

CA_CERTIFICATE, CA_KEY = "ca.pem", "ca-key.pem"


class AuthorityError(Exception):
    """What an authority could not do, in a sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class Issued:
    """The files of a certificate: the chain as a server sends it, and its private key."""

    certificate: Path
    key: Path
    not_after: datetime.datetime


def init_authority(folder: Path, *, name: str, now: datetime.datetime) -> Path:
    """Make an authority in a folder; its certificate's file. Raises AuthorityError, OSError."""
    if (folder / CA_KEY).exists() or (folder / CA_CERTIFICATE).exists():
        raise AuthorityError(f"{folder} holds an authority already; tills trust it, so it stays")
    if not 1 <= len(name) <= _NAME_MAX_CHARS:
        raise AuthorityError(f"--name has 1 to {_NAME_MAX_CHARS} letters")
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _begun(subject, subject, key.public_key(), now, CA_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(own_id, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / CA_KEY, _private(key))
    _write(folder / CA_CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
    return folder / CA_CERTIFICATE


def issue(folder: Path, *, hosts: Sequence[str], addresses: Sequence[str], now: datetime.datetime) -> Issued:
    """A server's certificate for these names and IP addresses; raises AuthorityError, OSError."""
    names: list[x509.GeneralName] = []
    wrong = [host for host in hosts if not _HOST.fullmatch(host) or len(host) > _HOST_MAX_CHARS]
    if wrong:
        raise AuthorityError(f"not a name or address of a machine: {wrong[0]!r}; addresses go with --ip")
    try:
        names += [x509.DNSName(host) for host in hosts]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    except ValueError as trouble:
        raise AuthorityError(f"not a name or address of a machine: {trouble}") from trouble
    if not names:
        raise AuthorityError("say what tills call the hub: --host NAME, --ip ADDRESS, or both")
    ca, ca_key = _authority(folder)
    not_after = ca.not_valid_after_utc
    if not_after <= now:
        raise AuthorityError(
            f"the authority in {folder} is over since {not_after:%Y-%m-%d}; make another one"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, [*hosts, *addresses][0][:64])])
    ca_id = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _begun(subject, ca.subject, key.public_key(), now, min(SERVER_VALID, not_after - now))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    stem = "".join(sign if sign.isalnum() or sign in ".-" else "_" for sign in [*hosts, *addresses][0])
    issued = Issued(folder / f"{stem}.pem", folder / f"{stem}-key.pem", certificate.not_valid_after_utc)
    _write(issued.key, _private(key))
    _write(issued.certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return issued


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        ca = x509.load_pem_x509_certificate((folder / CA_CERTIFICATE).read_bytes())
        key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), password=None)
    except FileNotFoundError as trouble:
        raise AuthorityError(f"there is no authority in {folder}; run `poshub ca init {folder}`") from trouble
    except ValueError as trouble:
        raise AuthorityError(f"the authority in {folder} is damaged: {trouble}") from trouble
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != ca.public_key():
        raise AuthorityError(f"{CA_CERTIFICATE} and {CA_KEY} in {folder} do not belong together")
    return ca, key


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    valid: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + valid)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file for its owner's eyes, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

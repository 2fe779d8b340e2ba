"""A certificate for this machine, by an authority that signs nothing else."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from embedded.account import write_file
from embedded.places import Places

#: Systems that check it take no certificate of a longer life.
LIFE: Final = timedelta(days=365)
#: One that ends sooner is made anew at the next start.
LEFT_MIN: Final = timedelta(days=30)
#: Clocks differ.
_EARLIER: Final = timedelta(hours=1)
_ADDRESSES: Final = ("127.0.0.1", "::1")


def ensure_certificate(places: Places, now: datetime | None = None) -> None:
    """Make a certificate for the gateway on this machine, unless there is one that still holds.

    Its authority's key is kept nowhere: whoever trusts the authority trusts this certificate alone.

    Args:
        places: Where the three files belong.
        now: Instead of the machine's time.
    """
    now = now or datetime.now(UTC)
    if _holds(places, now):
        return
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = (
        _begin(f"LocalEx on this machine, {now:%Y-%m-%d}", authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    addresses = [x509.IPAddress(ip_address(one)) for one in _ADDRESSES]
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses])
    certificate = (
        _begin("localhost", key, now, authority)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    write_file(places.certificate_key_file, _private(key))
    write_file(places.authority_file, _public(authority), mode=0o644)
    # Last: with it, all three are there.
    write_file(places.certificate_file, _public(certificate), mode=0o644)


def _holds(places: Places, now: datetime) -> bool:
    try:
        authority = places.authority_file.read_bytes()
        certificate = x509.load_pem_x509_certificate(places.certificate_file.read_bytes())
        key = serialization.load_pem_private_key(places.certificate_key_file.read_bytes(), None)
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is made
        return False
    is_its_key = key.public_key() == certificate.public_key()
    return is_its_key and certificate.not_valid_after_utc - now > LEFT_MIN


def _begin(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    issuer: x509.Certificate | None = None,
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _public(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()

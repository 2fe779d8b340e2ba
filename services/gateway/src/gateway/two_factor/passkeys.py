"""What is asked of authenticators, and how their answers are read. No I/O."""

from collections.abc import Sequence
from typing import Any, Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from chassis.ids import new_id
from gateway.two_factor.errors import PasskeyRefused
from gateway.two_factor.models import Credential, Passkey, PasskeyView, RelyingParty
from gateway.users.models import User

_NAME: Final = "LocalEx"
#: What the library raises for answers that are broken in ways it does not foresee.
_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, OverflowError)


def creation_options(
    party: RelyingParty, nonce: bytes, user: User, known: Sequence[Passkey]
) -> dict[str, Any]:
    """For `navigator.credentials.create()`."""
    return options_to_json_dict(
        generate_registration_options(
            rp_id=party.id,
            rp_name=_NAME,
            user_name=user.display_name,
            user_id=user.id.bytes,
            challenge=nonce,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(one.credential_id) for one in known],
        )
    )


def request_options(party: RelyingParty, nonce: bytes, known: Sequence[Passkey]) -> dict[str, Any]:
    """For `navigator.credentials.get()`."""
    return options_to_json_dict(
        generate_authentication_options(
            rp_id=party.id,
            challenge=nonce,
            allow_credentials=[PublicKeyCredentialDescriptor(one.credential_id) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read_new(party: RelyingParty, nonce: bytes, credential: Credential, view: Any) -> Passkey:
    """The passkey that an authenticator made.

    Args:
        party: Who we are.
        nonce: What it had to sign.
        credential: What it answered.
        view: Makes the view from the id and whether it is backed up.

    Raises:
        PasskeyRefused: It does not fit: another challenge, origin or party, or nobody was verified.
    """
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise refused("credential", error) from None
    passkey_id = new_id()
    shown: PasskeyView = view(passkey_id, made.credential_backed_up)
    return Passkey(
        passkey_id, made.credential_id, made.credential_public_key, made.sign_count, shown
    )


def read_use(
    party: RelyingParty, nonce: bytes, credential: Credential, passkey: Passkey
) -> tuple[int, bool]:
    """What an authenticator counts now, and whether the passkey is backed up.

    Raises:
        PasskeyRefused: It does not fit, or its counter did not go up: it may have been copied.
    """
    try:
        used = verify_authentication_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise refused("passkey", error) from None
    return used.new_sign_count, used.credential_backed_up


def id_of(credential: Credential) -> bytes:
    """Which passkey answered; empty when it does not say."""
    named = credential.get("id")
    try:
        return base64url_to_bytes(named) if isinstance(named, str) else b""
    except ValueError:
        return b""


def refused(field: str, error: Exception) -> PasskeyRefused:
    """The problem that names the field; what the library says of the rule is for people."""
    said = str(error)[:200] if isinstance(error, WebAuthnException) else "it is malformed"
    return PasskeyRefused(
        f"check {field}: {said}; ask for a new challenge and try again",
        errors=[{"field": field, "rule": "webauthn", "message": said}],
    )

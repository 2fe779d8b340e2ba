"""How a code is made from randomness, read as people type it, and compared. Pure."""

import hashlib
import hmac
from typing import Final

#: No sign that is read as another one: no 0, 1, I, L, O, U.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 6
ATTEMPTS_MAX: Final = 5
CODES_MAX: Final = 20
SALT_BYTES: Final = 16
#: About 20 ms and 8 MiB a try: who reads the table needs months for one code.
_COST: Final = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}


def code_of(number: int) -> str:
    """The code that a random number below `len(ALPHABET) ** LENGTH` stands for, in two halves."""
    signs = ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        signs += ALPHABET[place]
    return f"{signs[: LENGTH // 2]}-{signs[LENGTH // 2 :]}"


def hash_code(code: str, salt: bytes) -> bytes:
    """A slow hash of a code, however it is typed: spaces, dashes and capitals do not matter."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.scrypt(plain.encode(), salt=salt, **_COST)


def is_code(code: str, salt: bytes, hashed: bytes) -> bool:
    """Whether this is the code; takes as long for a wrong one."""
    return hmac.compare_digest(hash_code(code, salt), hashed)

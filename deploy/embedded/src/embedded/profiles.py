"""Which servers a stack has."""

from typing import Final, Literal

type Profile = Literal["full", "lite"]

SERVER_NAMES: Final = ("postgres", "kafka", "valkey", "opensearch", "s3")
#: What the lite profile leaves out: search answers 503, images cannot be uploaded.
LITE_LEAVES_OUT: Final = ("opensearch", "s3")


def server_names(profile: Profile) -> list[str]:
    """The servers of a profile."""
    left_out = LITE_LEAVES_OUT if profile == "lite" else ()
    return [name for name in SERVER_NAMES if name not in left_out]

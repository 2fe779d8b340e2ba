"""Words of codes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

type CodeState = Literal["open", "used", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A trade's newest code, as it is kept."""

    trade_id: UUID
    number: int
    salt: bytes
    hash: bytes
    attempts_left: int
    state: CodeState
    made_at: datetime


class CodeView(BaseModel):
    """A code as its buyer sees it; `code` is told once, in the first answer, and kept nowhere."""

    model_config = ConfigDict(frozen=True)

    trade_id: UUID
    number: int
    code: str | None
    attempts_left: int
    further_codes: int

"""What the marketplace says of all its items at once, to whoever keeps a copy and asks."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts import topics
from contracts.messages import Command, Event


class TellInventory(Command):
    """Say which items there are behind one of them, in order of id, and in which version."""

    TOPIC: ClassVar[str] = topics.MARKETPLACE_INVENTORY_COMMANDS.name

    inventory_id: UUID
    after_id: UUID
    limit: Annotated[int, Field(ge=1, le=1000)]

    def key(self) -> str:
        """Pages of one inventory stay in order."""
        return str(self.inventory_id)


class InventoriedItem(BaseModel):
    """An item that is there, whatever its status."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: UUID
    version: int


class InventoryTold(Event):
    """Which items there are behind one of them: all up to the last that is named.

    Attributes:
        is_last: Behind the last that is named there are none; it may name none at all.
    """

    TOPIC: ClassVar[str] = topics.MARKETPLACE_INVENTORIES.name

    inventory_id: UUID
    after_id: UUID
    items: tuple[InventoriedItem, ...]
    is_last: bool
    told_at: datetime

    def key(self) -> str:
        """Pages of one inventory stay in order."""
        return str(self.inventory_id)

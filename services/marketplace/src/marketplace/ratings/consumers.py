"""What ratings hear: the end of the time for them."""

from typing import Final

from chassis.timers import TimerHandler
from marketplace.ratings.reveal import WINDOW, reveal_ratings

RATING_WINDOWS: Final[dict[str, TimerHandler]] = {WINDOW: reveal_ratings}

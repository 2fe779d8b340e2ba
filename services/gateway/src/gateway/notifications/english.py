"""What is said in English. Another language is another module with these names."""

from collections.abc import Mapping
from typing import Final

#: One line for each kind; `{...}` are fields of the notification's data. Alternatives by the field
#: that is named first, when there are several.
HEADLINES: Final[Mapping[str, str | tuple[str, Mapping[str, str]]]] = {
    "trade_offered": "You have an offer of {amount} {asset} for {item_title}",
    "trade_countered": "The other side names {amount} {asset} for {item_title}",
    "trade_accepted": "Agreed: {amount} {asset} for {item_title}",
    "trade_funded": "{amount} {asset} for {item_title} are set aside: you can hand it over",
    "trade_handed_over": "{item_title} was handed over: confirm that you have it",
    "trade_completed": (
        "side",
        {
            "seller": "You were paid for {item_title}: rate the trade",
            "buyer": "The trade of {item_title} is complete: rate it",
        },
    ),
    "trade_ended": (
        "what",
        {
            "declined": "The offer of {amount} {asset} for {item_title} was declined",
            "cancelled": "The trade of {item_title} was cancelled",
            "expired": "The time for the trade of {item_title} is over",
            "refunded": "You have {amount} {asset} back for {item_title}",
        },
    ),
    "trade_disputed": "The trade of {item_title} is disputed: say what happened",
    "trade_ruled": (
        "ruling",
        {
            "refund": "The dispute about {item_title} is decided: the buyer is refunded",
            "release": "The dispute about {item_title} is decided: the seller is paid",
            "split": "The dispute about {item_title} is decided: each side gets a part",
        },
    ),
    "message_received": "You have a message about a trade",
    "evidence_given": "The other side gave evidence in a dispute",
    "rating_revealed": "You were rated: {stars} of 5 stars",
    "payment_received": "You received {amount} {asset}",
    "payment_failed": "Your scheduled transfer of {amount} {asset} could not be carried out",
    "gift_received": "You were given {amount} {asset} as a gift",
    "gift_expiring": "A gift of {amount} {asset} ends on {ends_on}: what is left of it goes back",
    "gift_expired": (
        "side",
        {
            "receiver": "{amount} {asset} of a gift to you were not spent in time",
            "giver": "{amount} {asset} of a gift of yours came back: they were not spent in time",
        },
    ),
    "search_matched": "Your saved searches found {count} new items",
    "watch_changed": (
        "what",
        {
            "cheaper": "{item_title}, which you watch, costs {amount} {asset} now",
            "sold": "{item_title}, which you watch, was sold",
        },
    ),
    "item_moderated": (
        "what",
        {
            "hidden": "An operator took {item_title} out of sight",
            "restored": "An operator put {item_title} back",
        },
    ),
    "report_decided": (
        "decision",
        {
            "hide": "What you reported was taken out of sight: {item_title}",
            "dismiss": "What you reported was looked at and stays: {item_title}",
            "restore": "What you reported was looked at and is back: {item_title}",
        },
    ),
    "image_refused": "An image of yours was not taken",
    "balance_watched": "An account that you watch stands at {amount} {asset}",
    "account_limited": (
        "what",
        {
            "frozen": "Your {asset} account was frozen",
            "unfrozen": "Your {asset} account is no longer frozen",
            "closed": "Your {asset} account was closed",
            "reopened": "Your {asset} account is open again",
        },
    ),
    "export_ended": (
        "what",
        {
            "ready": "The copy of all that is kept of you is ready: fetch it within two days",
            "failed": "The copy of all that is kept of you could not be made",
        },
    ),
    "issuance_decided": (
        "decision",
        {
            "APPROVED": "{amount} {asset} that you wanted to issue were approved, and are issued",
            "REJECTED": "{amount} {asset} that you wanted to issue were refused",
        },
    ),
    "security_password_changed": "Your password was changed",
    "security_email_changed": "The e-mail you log in with was changed",
    "security_phone_changed": "The phone you log in with was changed",
    "security_app_added": "An authenticator app was added to your account",
    "security_app_removed": "The authenticator app was removed from your account",
    "security_passkey_added": "A passkey was added to your account",
    "security_passkey_removed": "A passkey was removed from your account",
    "security_recovery_codes_made": "New recovery codes were made for your account",
    "security_api_key_made": "An API key was made for your account",
    "security_new_device": "Somebody logged in to your account from a device that is new to us",
    "security_data_exported": "A copy of all that is kept of you was asked for",
    "security_leaving_begun": "You left, and are erased on {erase_on}. Log in before then to stay",
    "security_erasure_postponed": (
        "because",
        {
            "trades-are-open": "You are not erased before {erase_on}: a trade of yours is open",
            "money-is-left": "You are not erased before {erase_on}: money is on your accounts",
        },
    ),
}
#: Of a kind that is not among these, such as one that an older version made.
SOMETHING: Final = "There is something new"
DIGEST: Final = "{count} things happened"

"""Notifications: what people are told, in the app and by e-mail, as they choose.

Each event that concerns somebody becomes one notification of a kind. By what its person chose for
the kind it is shown in the app, goes out as a mail at once, or waits for a digest at their hour;
what concerns their safety is always mailed at once. A mail is a row: pending until it is sent,
dropped because nobody wants it any more, or dead after the last of its tries. Says live that
something is new (`gateway.NotificationMade`, in streams only); hears every event in `notices`
(group `gateway.notifications`) and `UserErased`, which forgets. Owns the `notification*` tables.
"""

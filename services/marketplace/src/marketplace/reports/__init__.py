"""Reports: members say that an item breaks the rules, operators decide.

A report is open until a decision: dismiss, hide, restore. Each person reports an item once, and
nobody but operators learns who did. A decision is kept with its reason here and among what
operators did. Emits ItemHidden and ItemRestored on `marketplace.reports.v1`, for the seller; the
item itself is told by `ItemChanged`, withdrawn as long as it is hidden. Hears nothing.
"""

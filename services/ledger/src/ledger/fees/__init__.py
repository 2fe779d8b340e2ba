"""What an operation costs: five tiers, priced by the schedule that is in force at its time.

A schedule is never edited; a new version takes its place from a date on. A quote is a promise of
a price for some minutes. Emits and hears nothing by itself: fees are entries of transfers.
"""

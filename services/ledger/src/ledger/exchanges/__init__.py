"""Exchange of one asset for another, through the community's liquidity: an account an asset.

Rates are versions by date that are never edited; a quote promises one for a minute, to be used
once. An exchange is one transfer, balanced in each asset, and a record that SQL compares with it.
Emits `MoneyExchanged` on `ledger.exchanges.v1`, keyed by transfer; hears nothing.
"""

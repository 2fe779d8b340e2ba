"""Evidence in disputes: what the parties of a disputed trade state, for the operator who rules.

At most twenty statements a party, each with images of their own; nothing is changed or taken back.
Emits StatementMade, without the words, on `marketplace.disputes.v1`. Owns `trade_statement`.
"""

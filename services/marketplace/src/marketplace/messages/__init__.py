"""What the two of a trade write to each other.

Ordered by place, at most a thousand a trade, open until 14 days after its end. Emits MessageSent,
without the words, on `marketplace.messages.v1`. Read by the parties; by operators while it is
disputed. Owns `trade_message`.
"""

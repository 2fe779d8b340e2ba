"""Items: what members offer, from draft to sold.

Status: draft -> active <-> reserved -> sold, and withdrawn. `reserved` and `sold` follow from the
stock: pieces that trades hold back, and pieces that trades have paid for. Each change of an item
says the whole of it as `ItemChanged`; what it says of the place is a cell of about a kilometre.
"""

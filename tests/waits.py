"""How long tests wait for others: one limit, generous, for it costs nothing when all is well.

It is no promise of the product's. What a test says of time is an order, a count, or that something
took no less than it must; a busy machine makes everything later, and nothing sooner.
"""

WAIT_S = 90.0

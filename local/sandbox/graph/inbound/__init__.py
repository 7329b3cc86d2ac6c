"""What reaches a business by webhook, by name: messages of customers, changes of accounts."""

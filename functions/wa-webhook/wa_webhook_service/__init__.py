"""The WhatsApp door: who signed, whose items they are, which events they become."""

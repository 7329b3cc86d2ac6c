"""Pure translation between WhatsApp and Genesys; what one cannot show becomes a line."""

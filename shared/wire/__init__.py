"""What the WhatsApp and the Genesys readers share: guarded JSON, tolerant fields, HMAC headers."""

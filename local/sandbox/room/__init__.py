"""What both simulators share: settings, set-up, faults, records, conversation ledger, sender."""

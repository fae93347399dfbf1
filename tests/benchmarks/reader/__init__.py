"""Training and measuring the reader: ``make reader`` and ``make reader-figures``. The product needs nothing of it."""

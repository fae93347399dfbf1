"""Training and measuring the reader: ``make reader`` and ``make reader-figures``. Nothing here is needed to run the product."""

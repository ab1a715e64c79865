"""Our recogniser as a custom network of EasyOCR."""

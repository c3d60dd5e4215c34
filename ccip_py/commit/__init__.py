"""The committing network's judgement: the first subject of the agreement engine in `ocr`. Pure."""

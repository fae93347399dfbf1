"""Questions from a file, answers into a file: ``assistant batch questions.csv -o answers.jsonl``."""

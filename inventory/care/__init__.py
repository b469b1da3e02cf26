"""The five-fixed engine over the database: evaluation, the board, findings, tasks and their evidence."""

"""Where copied records go: SQLite, PostgreSQL, DuckDB, JSON Lines and Parquet.

`opening.py` chooses by URL. `columns.py` makes tables of the unified models, and `rows.py` rows of
records: both are pure, as are `changes.py` and `statements.py`. Each kind of destination has one
file, which is imported when it is opened.

Tables have a column for each field of the model, in snake_case, and some of their own, which begin
with an underscore. `_record` holds the whole unified record as JSON and `_raw` the provider's own.
A value that a column can't hold exactly is null there and named in `_unfit`; `_record` has it.
"""

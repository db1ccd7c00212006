"""Files that are written whole, say what they are, and are read within bounds: what all documents share.

- Reading what may come from anyone: `reading` (sizes, gzip), `json_text`, `texts`.
- Writing: `atomic` (a file whole or not at all), `bundle` (a folder of files as one), `locks`.
- A document: `hashed` (its format, version and hash), `layout` (its text), `codec` (dataclasses in it).
- A record that grows: `journal` with `journal_lines` and `claim` (one writer), `views` of it, `json_lines`.

What a kind of document holds is the matter of the room whose kind it is.
"""

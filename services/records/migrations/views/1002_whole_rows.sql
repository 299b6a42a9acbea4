-- Most bodies are a few KiB: kept in their rows, as in the log.
ALTER TABLE item_versions SET (toast_tuple_target = 8160);
ALTER TABLE directory SET (toast_tuple_target = 8160);

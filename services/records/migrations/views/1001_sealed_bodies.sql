-- Sealed bytes do not compress: do not try.
ALTER TABLE item_versions ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE directory ALTER COLUMN body SET STORAGE EXTERNAL;

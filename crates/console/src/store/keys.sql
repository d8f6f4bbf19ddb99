-- The token of a page's sign-in at a provider: handed to the page once, which binds a key of its own with it.

ALTER TABLE session ADD COLUMN id_token TEXT;
